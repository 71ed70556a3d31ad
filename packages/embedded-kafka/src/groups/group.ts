import type { ErrorName } from '../protocol/error-codes.ts';
import type { Group, GroupState } from './group-contract.ts';
import {
  canJoin,
  describeMembers,
  electProtocol,
  type JoinRequest,
  type JoinResult,
  joinFailure,
  type Member,
  newMember,
  noAssignment,
  sameProtocols,
} from './member.ts';
import type { Timers } from './timers.ts';

export function createGroup(deps: {
  readonly timers: Timers;
  readonly newMemberId: (clientId: string) => string;
  /** How long the first member of an empty group waits for others. */
  readonly initialRebalanceDelayMs: number;
  readonly maxMembers: number;
}): Group {
  const { timers } = deps;
  const members = new Map<string, Member>();
  /** Ids given out that have not joined yet, with the way to cancel their expiry. */
  const pending = new Map<string, () => void>();
  let state: GroupState = 'Empty';
  let protocolType = '';
  let protocol = '';
  let generation = 0;
  let leaderId = '';
  let emptySince: number | undefined = timers.now();
  let cancelRebalance = () => {};
  let cancelPendingSync = () => {};
  let delaying = false;

  function staticMember(instanceId: string | null): Member | undefined {
    if (instanceId === null) return undefined;
    return [...members.values()].find((member) => member.instanceId === instanceId);
  }

  /** The member that a request speaks for, or why not. */
  function identify(claim: { memberId: string; instanceId: string | null }): Member | ErrorName {
    const owner = staticMember(claim.instanceId);
    if (owner !== undefined && owner.memberId !== claim.memberId) return 'FENCED_INSTANCE_ID';
    return members.get(claim.memberId) ?? 'UNKNOWN_MEMBER_ID';
  }

  function restartSession(member: Member): void {
    member.cancelSession();
    member.cancelSession = timers.after(member.sessionTimeoutMs, () => {
      // A member that waits for us is alive; its next deadline starts with the answer.
      if (member.awaitingJoin === undefined && member.awaitingSync === undefined) removeMember(member);
    });
  }

  function addMember(request: JoinRequest, memberId: string, respond: (result: JoinResult) => void): void {
    members.set(memberId, newMember(request, memberId, respond));
    protocolType = request.protocolType;
    emptySince = undefined;
    prepareRebalance();
  }

  function updateMember(member: Member, request: JoinRequest, respond: (result: JoinResult) => void): void {
    member.clientId = request.clientId;
    member.clientHost = request.clientHost;
    member.sessionTimeoutMs = request.sessionTimeoutMs;
    member.rebalanceTimeoutMs = request.rebalanceTimeoutMs;
    member.protocols = request.protocols;
    member.awaitingJoin?.(joinFailure('REBALANCE_IN_PROGRESS', member.memberId));
    member.awaitingJoin = respond;
    restartSession(member);
  }

  function removeMember(member: Member): void {
    member.cancelSession();
    members.delete(member.memberId);
    member.awaitingJoin?.(joinFailure('UNKNOWN_MEMBER_ID', member.memberId));
    member.awaitingSync?.({ error: 'UNKNOWN_MEMBER_ID', assignment: noAssignment });
    member.awaitingJoin = undefined;
    member.awaitingSync = undefined;
    prepareRebalance();
  }

  function prepareRebalance(): void {
    if (state !== 'PreparingRebalance') {
      cancelPendingSync();
      for (const member of members.values()) {
        member.assignment = noAssignment;
        if (member.awaitingSync === undefined) continue;
        member.awaitingSync({ error: 'REBALANCE_IN_PROGRESS', assignment: noAssignment });
        member.awaitingSync = undefined;
        restartSession(member);
      }
      delaying = state === 'Empty' && deps.initialRebalanceDelayMs > 0;
      state = 'PreparingRebalance';
      cancelRebalance();
      cancelRebalance = delaying
        ? timers.after(deps.initialRebalanceDelayMs, () => {
            delaying = false;
            startRebalanceTimeout();
            completeIfAllJoined();
          })
        : startRebalanceTimeout();
    }
    completeIfAllJoined();
  }

  function startRebalanceTimeout(): () => void {
    const longest = Math.max(0, ...[...members.values()].map((member) => member.rebalanceTimeoutMs));
    cancelRebalance = timers.after(longest, completeRebalance);
    return cancelRebalance;
  }

  function completeIfAllJoined(): void {
    if (state !== 'PreparingRebalance' || (delaying && members.size > 0)) return;
    const waitingFor = [...members.values()].some((member) => member.awaitingJoin === undefined);
    if (!waitingFor && (pending.size === 0 || members.size === 0)) completeRebalance();
  }

  /** Everyone has joined, or the time is up: those who have not are out, static members excepted. */
  function completeRebalance(): void {
    cancelRebalance();
    delaying = false;
    for (const member of [...members.values()]) {
      if (member.awaitingJoin === undefined && member.instanceId === null) {
        member.cancelSession();
        members.delete(member.memberId);
      }
    }
    generation += 1;
    if (members.size === 0) {
      state = 'Empty';
      protocol = '';
      leaderId = '';
      emptySince = timers.now();
      return;
    }
    state = 'CompletingRebalance';
    const all = [...members.values()];
    protocol = electProtocol(all);
    if (members.get(leaderId)?.awaitingJoin === undefined) {
      leaderId = all.find((member) => member.awaitingJoin !== undefined)?.memberId ?? '';
    }
    const longest = Math.max(...all.map((member) => member.rebalanceTimeoutMs));
    cancelPendingSync = timers.after(longest, dropMembersWithoutSync);
    for (const member of all) {
      const respond = member.awaitingJoin;
      member.awaitingJoin = undefined;
      restartSession(member);
      respond?.(joinResult(member));
    }
  }

  /** A member that took its generation but never asked for its assignment holds the group up. */
  function dropMembersWithoutSync(): void {
    if (state !== 'CompletingRebalance') return;
    const late = [...members.values()].filter((member) => member.awaitingSync === undefined);
    for (const member of late) removeMember(member);
  }

  function joinResult(member: Member): JoinResult {
    const list = member.memberId === leaderId ? describeMembers(members.values(), protocol) : [];
    return { error: 'NONE', memberId: member.memberId, generation, protocol, leaderId, members: list };
  }

  function joinNew(request: JoinRequest, respond: (result: JoinResult) => void): void {
    const predecessor = staticMember(request.instanceId);
    if (predecessor !== undefined) {
      replaceStatic(predecessor, request, respond);
      return;
    }
    if (members.size + pending.size >= deps.maxMembers) {
      respond(joinFailure('GROUP_MAX_SIZE_REACHED', ''));
      return;
    }
    const memberId = deps.newMemberId(request.clientId);
    if (!request.memberIdRequired || request.instanceId !== null) {
      addMember(request, memberId, respond);
      return;
    }
    const cancel = timers.after(request.sessionTimeoutMs, () => {
      pending.delete(memberId);
      completeIfAllJoined();
    });
    pending.set(memberId, cancel);
    respond(joinFailure('MEMBER_ID_REQUIRED', memberId));
  }

  /** A static member came back: it takes the place of its earlier self, without a rebalance if nothing else changed. */
  function replaceStatic(old: Member, request: JoinRequest, respond: (result: JoinResult) => void): void {
    const wasLeader = old.memberId === leaderId;
    const unchanged = sameProtocols(old.protocols, request.protocols);
    old.awaitingJoin?.(joinFailure('FENCED_INSTANCE_ID', old.memberId));
    old.awaitingSync?.({ error: 'FENCED_INSTANCE_ID', assignment: noAssignment });
    old.awaitingJoin = undefined;
    old.awaitingSync = undefined;
    members.delete(old.memberId);
    old.memberId = deps.newMemberId(request.clientId);
    members.set(old.memberId, old);
    if (wasLeader) leaderId = old.memberId;
    updateMember(old, request, respond);
    if (state === 'Stable' && unchanged && !wasLeader) answerCurrent(old);
    else prepareRebalance();
  }

  function answerCurrent(member: Member): void {
    const respond = member.awaitingJoin;
    member.awaitingJoin = undefined;
    restartSession(member);
    respond?.(joinResult(member));
  }

  return {
    get state() {
      return state;
    },
    get protocolType() {
      return protocolType;
    },
    get protocol() {
      return protocol;
    },
    get generation() {
      return generation;
    },
    get emptySince() {
      return pending.size > 0 ? undefined : emptySince;
    },
    get members() {
      return describeMembers(members.values(), protocol);
    },

    join(request, respond) {
      if (!canJoin(request, [...members.values()], protocolType)) {
        return respond(joinFailure('INCONSISTENT_GROUP_PROTOCOL', request.memberId));
      }
      if (request.memberId === '') return joinNew(request, respond);
      const cancelPending = pending.get(request.memberId);
      if (cancelPending !== undefined) {
        cancelPending();
        pending.delete(request.memberId);
        return addMember(request, request.memberId, respond);
      }
      const member = identify(request);
      if (typeof member === 'string') return respond(joinFailure(member, request.memberId));
      const changed = !sameProtocols(member.protocols, request.protocols);
      const isLeader = member.memberId === leaderId;
      updateMember(member, request, respond);
      // A lost answer is sent again; the leader joining again means it wants to assign again.
      if (!changed && (state === 'CompletingRebalance' || (state === 'Stable' && !isLeader)))
        return answerCurrent(member);
      prepareRebalance();
    },

    sync(claim, assignments, respond) {
      const fail = (error: ErrorName) => respond({ error, assignment: noAssignment });
      const member = identify(claim);
      if (typeof member === 'string') return fail(member);
      if (claim.generation !== generation) return fail('ILLEGAL_GENERATION');
      if (state === 'PreparingRebalance') return fail('REBALANCE_IN_PROGRESS');
      restartSession(member);
      if (state === 'Stable') return respond({ error: 'NONE', assignment: member.assignment });
      member.awaitingSync?.({ error: 'REBALANCE_IN_PROGRESS', assignment: noAssignment });
      member.awaitingSync = respond;
      if (member.memberId !== leaderId) return;
      state = 'Stable';
      cancelPendingSync();
      for (const each of members.values()) {
        each.assignment = assignments.get(each.memberId) ?? noAssignment;
        const answer = each.awaitingSync;
        each.awaitingSync = undefined;
        if (answer === undefined) continue;
        restartSession(each);
        answer({ error: 'NONE', assignment: each.assignment });
      }
    },

    heartbeat(claim) {
      const member = identify(claim);
      if (typeof member === 'string') return member;
      if (claim.generation !== generation) return 'ILLEGAL_GENERATION';
      restartSession(member);
      return state === 'PreparingRebalance' ? 'REBALANCE_IN_PROGRESS' : 'NONE';
    },

    leave({ memberId, instanceId }) {
      const cancelPending = pending.get(memberId);
      if (cancelPending !== undefined) {
        cancelPending();
        pending.delete(memberId);
        completeIfAllJoined();
        return 'NONE';
      }
      // A static member may be removed by its name alone.
      const owner =
        memberId === ''
          ? (staticMember(instanceId) ?? 'UNKNOWN_MEMBER_ID')
          : identify({ memberId, instanceId });
      if (typeof owner === 'string') return owner;
      removeMember(owner);
      return 'NONE';
    },

    checkCommit(claim) {
      if (claim.generation < 0 && claim.memberId === '')
        return members.size === 0 ? 'NONE' : 'UNKNOWN_MEMBER_ID';
      const member = identify(claim);
      if (typeof member === 'string') return member;
      if (claim.generation !== generation) return 'ILLEGAL_GENERATION';
      restartSession(member);
      return state === 'CompletingRebalance' ? 'REBALANCE_IN_PROGRESS' : 'NONE';
    },

    close() {
      cancelRebalance();
      cancelPendingSync();
      for (const cancel of pending.values()) cancel();
      pending.clear();
      for (const member of members.values()) {
        member.cancelSession();
        member.awaitingJoin?.(joinFailure('UNKNOWN_MEMBER_ID', member.memberId));
        member.awaitingSync?.({ error: 'UNKNOWN_MEMBER_ID', assignment: noAssignment });
      }
      members.clear();
    },
  };
}
