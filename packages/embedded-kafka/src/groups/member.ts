import type { ErrorName } from '../protocol/error-codes.ts';

export interface MemberProtocol {
  readonly name: string;
  readonly metadata: Buffer;
}

export interface JoinRequest {
  /** Empty for a member that is new. */
  readonly memberId: string;
  /** Static membership (KIP-345): a name that survives restarts of the client. */
  readonly instanceId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
  readonly protocolType: string;
  readonly protocols: readonly MemberProtocol[];
  /** From JoinGroup 4 on a new member is first told its id and joins again with it (KIP-394). */
  readonly memberIdRequired: boolean;
}

export interface JoinResult {
  readonly error: ErrorName;
  readonly memberId: string;
  readonly generation: number;
  readonly protocol: string;
  readonly leaderId: string;
  /** For the leader only. */
  readonly members: readonly {
    readonly memberId: string;
    readonly instanceId: string | null;
    readonly metadata: Buffer;
  }[];
}

export interface SyncResult {
  readonly error: ErrorName;
  readonly assignment: Buffer;
}

/** Who a request says it comes from. */
export interface MemberClaim {
  readonly memberId: string;
  readonly instanceId: string | null;
  readonly generation: number;
}

/** A member as the group keeps it. */
export interface Member {
  memberId: string;
  readonly instanceId: string | null;
  clientId: string;
  clientHost: string;
  sessionTimeoutMs: number;
  rebalanceTimeoutMs: number;
  protocols: readonly MemberProtocol[];
  assignment: Buffer;
  /** Set while the member waits for the rebalance to end: its way back. */
  awaitingJoin: ((result: JoinResult) => void) | undefined;
  awaitingSync: ((result: SyncResult) => void) | undefined;
  cancelSession: () => void;
}

export interface MemberDescription {
  readonly memberId: string;
  readonly instanceId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  readonly metadata: Buffer;
  readonly assignment: Buffer;
}

export function joinFailure(error: ErrorName, memberId: string): JoinResult {
  return { error, memberId, generation: -1, protocol: '', leaderId: '', members: [] };
}

export const noAssignment = Buffer.alloc(0);

/** The same protocols in the same order with the same metadata. */
export function sameProtocols(left: readonly MemberProtocol[], right: readonly MemberProtocol[]): boolean {
  return (
    left.length === right.length &&
    left.every((protocol, index) => {
      const other = right[index];
      return other !== undefined && other.name === protocol.name && other.metadata.equals(protocol.metadata);
    })
  );
}

export function newMember(
  request: JoinRequest,
  memberId: string,
  respond: (result: JoinResult) => void,
): Member {
  return {
    memberId,
    instanceId: request.instanceId,
    clientId: request.clientId,
    clientHost: request.clientHost,
    sessionTimeoutMs: request.sessionTimeoutMs,
    rebalanceTimeoutMs: request.rebalanceTimeoutMs,
    protocols: request.protocols,
    assignment: noAssignment,
    awaitingJoin: respond,
    awaitingSync: undefined,
    cancelSession: () => {},
  };
}

/** @param protocol whose metadata is shown. */
export function describeMembers(members: Iterable<Member>, protocol: string): MemberDescription[] {
  return [...members].map(({ memberId, instanceId, clientId, clientHost, protocols, assignment }) => ({
    memberId,
    instanceId,
    clientId,
    clientHost,
    metadata: protocols.find(({ name }) => name === protocol)?.metadata ?? noAssignment,
    assignment,
  }));
}

/** Whether the request names protocols, of the group's type, of which all other members have one in common with it. */
export function canJoin(request: JoinRequest, members: readonly Member[], protocolType: string): boolean {
  if (request.protocols.length === 0 || request.protocolType === '') return false;
  if (members.length === 0) return true;
  if (request.protocolType !== protocolType) return false;
  const others = members.filter(
    (member) =>
      member.memberId !== request.memberId &&
      (member.instanceId === null || member.instanceId !== request.instanceId),
  );
  return others.length === 0 || commonProtocols([...others, request]).size > 0;
}

/** The names that every member supports. */
function commonProtocols(members: Iterable<Pick<Member, 'protocols'>>): Set<string> {
  let common: Set<string> | undefined;
  for (const { protocols } of members) {
    const names = new Set(protocols.map((protocol) => protocol.name));
    common = common === undefined ? names : common.intersection(names);
  }
  return common ?? new Set();
}

/** Each member votes for the first protocol of its list that all support; most votes win. */
export function electProtocol(members: readonly Pick<Member, 'protocols'>[]): string {
  const common = commonProtocols(members);
  const votes = new Map<string, number>();
  for (const { protocols } of members) {
    const choice = protocols.find((protocol) => common.has(protocol.name))?.name;
    if (choice !== undefined) votes.set(choice, (votes.get(choice) ?? 0) + 1);
  }
  const [winner] = [...votes].sort(([, a], [, b]) => b - a);
  return winner?.[0] ?? '';
}
