import type { ErrorName } from '../protocol/error-codes.ts';
import type { JoinRequest, JoinResult, MemberClaim, MemberDescription, SyncResult } from './member.ts';

/** As clients see it in DescribeGroups. */
export type GroupState = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable';

/**
 * One consumer group: the classic rebalance protocol as a state machine. It does no I/O; time comes from `timers`, and
 * answers go out through the callbacks of the requests, at once or when the rebalance they wait for ends.
 *
 * Empty -> PreparingRebalance (members join) -> CompletingRebalance (the leader computes) -> Stable
 */
export interface Group {
  readonly state: GroupState;
  readonly protocolType: string;
  readonly protocol: string;
  readonly generation: number;
  readonly members: readonly MemberDescription[];
  /** Epoch milliseconds since when the group has no members. */
  readonly emptySince: number | undefined;
  join(request: JoinRequest, respond: (result: JoinResult) => void): void;
  sync(
    claim: MemberClaim,
    assignments: ReadonlyMap<string, Buffer>,
    respond: (result: SyncResult) => void,
  ): void;
  heartbeat(claim: MemberClaim): ErrorName;
  leave(member: { readonly memberId: string; readonly instanceId: string | null }): ErrorName;
  /** Whether a commit by this member is taken. A generation below zero: a client outside of any group. */
  checkCommit(claim: MemberClaim): ErrorName;
  /** Cancels every timer and answers everyone who waits, for the broker's stop. */
  close(): void;
}
