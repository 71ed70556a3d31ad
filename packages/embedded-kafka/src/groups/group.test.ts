import { beforeEach, describe, expect, it } from 'vitest';
import { createGroup } from './group.ts';
import type { Group } from './group-contract.ts';
import type { JoinRequest, JoinResult, SyncResult } from './member.ts';
import type { Timers } from './timers.ts';

/** A clock that stands still until it is turned. */
function createClock(): Timers & { advance(ms: number): void } {
  let now = 1_000_000;
  const due = new Set<{ at: number; run: () => void }>();
  return {
    now: () => now,
    after(ms, run) {
      const timer = { at: now + ms, run };
      due.add(timer);
      return () => due.delete(timer);
    },
    advance(ms) {
      const end = now + ms;
      const nextDue = () => [...due].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      for (let next = nextDue(); next !== undefined; next = nextDue()) {
        due.delete(next);
        now = next.at;
        next.run();
      }
      now = end;
    },
  };
}

const session = 10_000;
const rebalance = 60_000;
let clock = createClock();
let group: Group;

beforeEach(() => {
  clock = createClock();
  let ids = 0;
  group = createGroup({
    timers: clock,
    newMemberId: (clientId) => `${clientId}-${++ids}`,
    initialRebalanceDelayMs: 0,
    maxMembers: 5,
  });
});

function request(overrides: Partial<JoinRequest> = {}): JoinRequest {
  return {
    memberId: '',
    instanceId: null,
    clientId: 'c',
    clientHost: '/127.0.0.1',
    sessionTimeoutMs: session,
    rebalanceTimeoutMs: rebalance,
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata: Buffer.from('m') }],
    memberIdRequired: false,
    ...overrides,
  };
}

/** Joins; the answers that came so far, in order. */
function join(overrides: Partial<JoinRequest> = {}): JoinResult[] {
  const answers: JoinResult[] = [];
  group.join(request(overrides), (answer) => answers.push(answer));
  return answers;
}

function sync(memberId: string, generation: number, assignments: Record<string, string> = {}): SyncResult[] {
  const answers: SyncResult[] = [];
  const map = new Map(Object.entries(assignments).map(([id, text]) => [id, Buffer.from(text)]));
  group.sync({ memberId, generation, instanceId: null }, map, (answer) => answers.push(answer));
  return answers;
}

const claim = (memberId: string, generation: number) => ({ memberId, generation, instanceId: null });
const beat = (memberId: string, generation: number) => group.heartbeat(claim(memberId, generation));

/** Two members, c-1 (leader) and c-2, in a stable generation 2. */
function stablePair(): void {
  join();
  sync('c-1', 1, { 'c-1': 'all' });
  join();
  join({ memberId: 'c-1' });
  sync('c-1', 2, { 'c-1': 'left', 'c-2': 'right' });
  sync('c-2', 2);
  expect(group.state).toBe('Stable');
}

describe('joining', () => {
  it('makes the first member leader of generation 1 and hands it the members', () => {
    expect(join()).toMatchObject([
      {
        error: 'NONE',
        memberId: 'c-1',
        generation: 1,
        protocol: 'range',
        leaderId: 'c-1',
        members: [{ memberId: 'c-1', instanceId: null, metadata: Buffer.from('m') }],
      },
    ]);
    expect(group.state).toBe('CompletingRebalance');
    expect(sync('c-1', 1, { 'c-1': 'all' })).toEqual([{ error: 'NONE', assignment: Buffer.from('all') }]);
    expect(group.state).toBe('Stable');
  });

  it('holds a new member until the others have joined again', () => {
    join();
    sync('c-1', 1);
    const second = join();
    expect(second).toEqual([]);
    expect(beat('c-1', 1)).toBe('REBALANCE_IN_PROGRESS');
    const first = join({ memberId: 'c-1' });
    expect(first[0]).toMatchObject({ generation: 2, leaderId: 'c-1' });
    expect(first[0]?.members).toHaveLength(2);
    expect(second[0]).toMatchObject({ generation: 2, memberId: 'c-2', leaderId: 'c-1', members: [] });
  });

  it('gives each member the assignment of the leader, whoever asks first', () => {
    join();
    sync('c-1', 1);
    join();
    join({ memberId: 'c-1' });
    const follower = sync('c-2', 2);
    expect(follower).toEqual([]);
    sync('c-1', 2, { 'c-2': 'yours' });
    expect(follower).toEqual([{ error: 'NONE', assignment: Buffer.from('yours') }]);
    expect(sync('c-1', 2)[0]?.assignment).toHaveLength(0);
  });

  it('tells a new member its id first when the client can be told', () => {
    const [told] = join({ memberIdRequired: true });
    expect(told).toMatchObject({ error: 'MEMBER_ID_REQUIRED', memberId: 'c-1' });
    expect(join({ memberId: 'c-1' })[0]).toMatchObject({ error: 'NONE', generation: 1 });
  });

  it('waits for a member that was told its id, but not longer than its session', () => {
    join({ memberIdRequired: true });
    const other = join();
    expect(other).toEqual([]);
    clock.advance(session);
    expect(other[0]).toMatchObject({ error: 'NONE', generation: 1 });
    expect(join({ memberId: 'c-1' })[0]?.error).toBe('UNKNOWN_MEMBER_ID');
  });

  it('waits for company in an empty group when told to', () => {
    group = createGroup({
      timers: clock,
      newMemberId: (id) => id,
      initialRebalanceDelayMs: 100,
      maxMembers: 5,
    });
    const first = join({ clientId: 'a' });
    const second = join({ clientId: 'b' });
    clock.advance(99);
    expect([first, second]).toEqual([[], []]);
    clock.advance(1);
    expect([first[0]?.generation, second[0]?.generation]).toEqual([1, 1]);
  });

  it('chooses the protocol that most members want among those all have', () => {
    const protocol = (name: string) => ({ name, metadata: Buffer.from(name) });
    group = createGroup({
      timers: clock,
      newMemberId: (id) => id,
      initialRebalanceDelayMs: 1,
      maxMembers: 5,
    });
    const a = join({ clientId: 'a', protocols: [protocol('sticky'), protocol('range')] });
    join({ clientId: 'b', protocols: [protocol('range'), protocol('sticky')] });
    join({ clientId: 'c', protocols: [protocol('own'), protocol('range'), protocol('sticky')] });
    clock.advance(1);
    expect(a[0]?.protocol).toBe('range');
    expect(a[0]?.members.map(({ metadata }) => String(metadata))).toEqual(['range', 'range', 'range']);
  });

  it('refuses members that cannot agree with the others', () => {
    join();
    expect(join({ protocols: [{ name: 'own', metadata: Buffer.alloc(0) }] })[0]?.error).toBe(
      'INCONSISTENT_GROUP_PROTOCOL',
    );
    expect(join({ protocolType: 'connect' })[0]?.error).toBe('INCONSISTENT_GROUP_PROTOCOL');
    expect(join({ protocols: [] })[0]?.error).toBe('INCONSISTENT_GROUP_PROTOCOL');
    expect(join({ memberId: 'stranger' })[0]?.error).toBe('UNKNOWN_MEMBER_ID');
  });

  it('refuses more members than the group may have', () => {
    for (let index = 0; index < 5; index += 1) join();
    expect(join()[0]?.error).toBe('GROUP_MAX_SIZE_REACHED');
  });

  it('answers a join that is sent again from what is known', () => {
    join();
    expect(join({ memberId: 'c-1' })[0]).toMatchObject({ generation: 1, leaderId: 'c-1' });
    stablePairFrom();
    expect(join({ memberId: 'c-2' })[0]).toMatchObject({ error: 'NONE', generation: group.generation });
    expect(group.state).toBe('Stable');

    function stablePairFrom(): void {
      sync('c-1', 1);
      join();
      join({ memberId: 'c-1' });
      sync('c-1', 2);
      sync('c-2', 2);
    }
  });

  it('rebalances when a member changes what it subscribes to, or the leader joins again', () => {
    stablePair();
    const changed = join({ memberId: 'c-2', protocols: [{ name: 'range', metadata: Buffer.from('new') }] });
    expect(group.state).toBe('PreparingRebalance');
    join({ memberId: 'c-1' });
    expect(changed[0]?.generation).toBe(3);
    sync('c-1', 3);
    sync('c-2', 3);
    join({ memberId: 'c-1' });
    expect(group.state).toBe('PreparingRebalance');
  });
});

describe('sessions', () => {
  it('lets a member that beats stay, and gives its place away one session after the last beat', () => {
    stablePair();
    for (let turn = 0; turn < 5; turn += 1) {
      clock.advance(session - 1);
      expect(beat('c-1', 2)).toBe('NONE');
      expect(beat('c-2', 2)).toBe('NONE');
    }
    clock.advance(session - 1);
    expect(beat('c-1', 2)).toBe('NONE');
    clock.advance(1);
    expect(beat('c-1', 2)).toBe('REBALANCE_IN_PROGRESS');
    expect(beat('c-2', 2)).toBe('UNKNOWN_MEMBER_ID');
    expect(join({ memberId: 'c-1' })[0]).toMatchObject({ generation: 3, leaderId: 'c-1' });
    expect(group.members.map(({ memberId }) => memberId)).toEqual(['c-1']);
  });

  it('does not end while the member waits for the rebalance', () => {
    join();
    sync('c-1', 1);
    const waiting = join();
    for (let turn = 0; turn < 3; turn += 1) {
      clock.advance(session - 1);
      beat('c-1', 1);
    }
    join({ memberId: 'c-1' });
    expect(waiting[0]).toMatchObject({ error: 'NONE', generation: 2 });
  });

  it('leaves behind members that do not join again in time', () => {
    join();
    sync('c-1', 1);
    const waiting = join();
    for (let turn = 0; turn < 10; turn += 1) {
      clock.advance(rebalance / 10);
      beat('c-1', 1);
    }
    expect(waiting[0]).toMatchObject({ error: 'NONE', generation: 2, leaderId: 'c-2' });
    expect(beat('c-1', 1)).toBe('UNKNOWN_MEMBER_ID');
  });

  it('drops members that never ask for their assignment, and keeps those that did', () => {
    group = createGroup({
      timers: clock,
      newMemberId: (id) => id,
      initialRebalanceDelayMs: 1,
      maxMembers: 5,
    });
    join({ clientId: 'lead' });
    join({ clientId: 'follow' });
    clock.advance(1);
    const waiting = sync('follow', 1);
    for (let turn = 0; turn < 10; turn += 1) {
      clock.advance(rebalance / 10);
      group.heartbeat(claim('lead', 1));
    }
    expect(waiting[0]?.error).toBe('REBALANCE_IN_PROGRESS');
    expect(group.members.map(({ memberId }) => memberId)).toEqual(['follow']);
    expect(join({ memberId: 'follow' })[0]).toMatchObject({ error: 'NONE', leaderId: 'follow' });
  });

  it('empties the group when the last member is silent', () => {
    join();
    sync('c-1', 1);
    expect(group.emptySince).toBeUndefined();
    clock.advance(session);
    expect(group.state).toBe('Empty');
    expect(group.emptySince).toBe(clock.now());
    expect(join()[0]).toMatchObject({ error: 'NONE', generation: 3 });
  });
});

describe('leaving', () => {
  it('rebalances at once', () => {
    stablePair();
    expect(group.leave({ memberId: 'c-2', instanceId: null })).toBe('NONE');
    expect(beat('c-1', 2)).toBe('REBALANCE_IN_PROGRESS');
    expect(join({ memberId: 'c-1' })[0]?.members).toHaveLength(1);
    expect(group.leave({ memberId: 'c-2', instanceId: null })).toBe('UNKNOWN_MEMBER_ID');
  });

  it('takes another leader when the leader leaves', () => {
    stablePair();
    group.leave({ memberId: 'c-1', instanceId: null });
    expect(join({ memberId: 'c-2' })[0]).toMatchObject({ leaderId: 'c-2', generation: 3 });
  });

  it('lets go of an id that was told and not used', () => {
    join({ memberIdRequired: true });
    const waiting = join();
    expect(group.leave({ memberId: 'c-1', instanceId: null })).toBe('NONE');
    expect(waiting[0]?.generation).toBe(1);
  });

  it('answers everyone who waits when the broker stops', () => {
    join();
    sync('c-1', 1);
    const waiting = join();
    group.close();
    expect(waiting[0]?.error).toBe('UNKNOWN_MEMBER_ID');
    clock.advance(1e9);
  });
});

describe('requests of another generation or state', () => {
  it('are refused with what the client must do', () => {
    stablePair();
    expect(beat('c-1', 1)).toBe('ILLEGAL_GENERATION');
    expect(sync('c-1', 1)[0]?.error).toBe('ILLEGAL_GENERATION');
    expect(sync('stranger', 2)[0]?.error).toBe('UNKNOWN_MEMBER_ID');
    join();
    expect(sync('c-1', 2)[0]?.error).toBe('REBALANCE_IN_PROGRESS');
  });

  it('may commit offsets as a member of this generation, or from outside while the group is empty', () => {
    const outside = claim('', -1);
    expect(group.checkCommit(outside)).toBe('NONE');
    join();
    expect(group.checkCommit(claim('c-1', 1))).toBe('REBALANCE_IN_PROGRESS');
    sync('c-1', 1);
    expect(group.checkCommit(claim('c-1', 1))).toBe('NONE');
    expect(group.checkCommit(claim('c-1', 0))).toBe('ILLEGAL_GENERATION');
    expect(group.checkCommit(claim('stranger', 1))).toBe('UNKNOWN_MEMBER_ID');
    expect(group.checkCommit(outside)).toBe('UNKNOWN_MEMBER_ID');
    join();
    expect(group.checkCommit(claim('c-1', 1))).toBe('NONE');
  });

  it('keep the session alive when they are commits', () => {
    join();
    sync('c-1', 1);
    clock.advance(session - 1);
    group.checkCommit(claim('c-1', 1));
    clock.advance(session - 1);
    expect(beat('c-1', 1)).toBe('NONE');
  });
});

describe('static members', () => {
  const named = (instanceId: string, overrides: Partial<JoinRequest> = {}) =>
    join({ instanceId, ...overrides });

  it('come back in their own place without a rebalance', () => {
    named('one');
    sync('c-1', 1);
    named('two');
    join({ memberId: 'c-1', instanceId: 'one' });
    sync('c-1', 2, { 'c-2': 'kept' });
    const back = named('two');
    expect(back[0]).toMatchObject({ error: 'NONE', memberId: 'c-3', generation: 2 });
    expect(group.state).toBe('Stable');
    expect(sync('c-3', 2)[0]?.assignment).toEqual(Buffer.from('kept'));
    expect(group.heartbeat({ memberId: 'c-2', instanceId: 'two', generation: 2 })).toBe('FENCED_INSTANCE_ID');
  });

  it('rebalance when the leader comes back', () => {
    named('one');
    sync('c-1', 1);
    expect(named('one')[0]).toMatchObject({ memberId: 'c-2', leaderId: 'c-2', generation: 2 });
  });

  it('keep their place when they miss a rebalance, and lose it with their session', () => {
    named('one', { sessionTimeoutMs: rebalance * 2 });
    sync('c-1', 1);
    const other = join();
    clock.advance(rebalance);
    expect(other[0]).toMatchObject({ error: 'NONE', leaderId: 'c-2' });
    expect(group.members).toHaveLength(2);
    sync('c-2', 2);
    for (let turn = 0; turn < 13; turn += 1) {
      clock.advance(session - 1);
      group.heartbeat(claim('c-2', group.generation));
    }
    expect(group.members.map(({ memberId }) => memberId)).toEqual(['c-2']);
  });

  it('can be removed by their name', () => {
    named('one');
    expect(group.leave({ memberId: '', instanceId: 'one' })).toBe('NONE');
    expect(group.leave({ memberId: '', instanceId: 'one' })).toBe('UNKNOWN_MEMBER_ID');
  });
});
