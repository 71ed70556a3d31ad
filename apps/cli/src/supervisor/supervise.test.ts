import { afterEach, describe, expect, it } from 'vitest';
import { FatalStartError, type Member, type MemberExit } from './member.ts';
import { createRestartPolicy } from './restart-policy.ts';
import { type Supervised, type SupervisionEvent, supervise } from './supervise.ts';

/** A member whose lives are in the test's hand. */
function fakeMember(options: { failStarts?: number; fatal?: boolean } = {}) {
  const lives: { die(exit: MemberExit): void; stopped: boolean }[] = [];
  let failures = options.failStarts ?? 0;
  const member: Member = {
    name: 'fake',
    async launch() {
      if (options.fatal) throw new FatalStartError('fake did not start: the configuration is wrong');
      if (failures-- > 0) throw new Error('port in use');
      const exit = Promise.withResolvers<MemberExit>();
      const life = { die: exit.resolve, stopped: false };
      lives.push(life);
      return {
        pid: 1000 + lives.length,
        exited: exit.promise,
        async stop() {
          life.stopped = true;
          exit.resolve({ code: 0, signal: null });
        },
      };
    },
  };
  return { member, lives };
}

const running: Supervised[] = [];
function start(member: Member, limit = 5) {
  const events: SupervisionEvent[] = [];
  const waiting: { kind: string; count: number; resolve(): void }[] = [];
  const part = supervise({
    member,
    policy: createRestartPolicy({ limit, firstDelayMs: 1, maxDelayMs: 2 }),
    onEvent(event) {
      events.push(event);
      for (const one of waiting)
        if (events.filter(({ kind }) => kind === one.kind).length >= one.count) one.resolve();
    },
  });
  running.push(part);
  const seen = (kind: SupervisionEvent['kind'], count: number) =>
    new Promise<void>((resolve) => {
      if (events.filter((event) => event.kind === kind).length >= count) resolve();
      else waiting.push({ kind, count, resolve });
    });
  return { part, events, seen };
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((part) => part.stop()));
});

describe('supervise', () => {
  it('says when a member is ready, and its process id', async () => {
    const { part, events } = start(fakeMember().member);
    await part.ready;
    expect(part.pid()).toBe(1001);
    expect(events).toMatchObject([{ kind: 'ready', member: 'fake', restarted: false }]);
  });

  it('starts a member again that was killed, and says so', async () => {
    const { member, lives } = fakeMember();
    const { part, events, seen } = start(member);
    await part.ready;
    lives[0]?.die({ code: null, signal: 'SIGKILL' });
    await seen('ready', 2);
    expect(part.pid()).toBe(1002);
    expect(events.map(({ kind }) => kind)).toEqual(['ready', 'died', 'ready']);
    expect(events[2]).toMatchObject({ restarted: true });
  });

  it('tries again when a start fails for a reason that may pass', async () => {
    const { part, events } = start(fakeMember({ failStarts: 2 }).member);
    await part.ready;
    expect(events.map(({ kind }) => kind)).toEqual(['start-failed', 'start-failed', 'ready']);
  });

  it('gives up a crash loop with what happened', async () => {
    const { part, events } = start(fakeMember({ failStarts: 100 }).member, 3);
    await expect(part.gaveUp).rejects.toThrow('fake ended 3 times within 60 s: port in use');
    await expect(part.ready).rejects.toThrow('fake ended 3 times');
    expect(events).toHaveLength(2);
  });

  it('gives up at once when the start can never succeed', async () => {
    const { part, events } = start(fakeMember({ fatal: true }).member);
    await expect(part.gaveUp).rejects.toThrow(FatalStartError);
    await expect(part.gaveUp).rejects.toThrow('the configuration is wrong');
    expect(events).toEqual([]);
  });

  it('gives up a member that ends because it refuses its configuration', async () => {
    const { member, lives } = fakeMember();
    const { part, events } = start(member);
    await part.ready;
    lives[0]?.die({ code: 78, signal: null });
    await expect(part.gaveUp).rejects.toThrow(FatalStartError);
    await expect(part.gaveUp).rejects.toThrow('fake refused its configuration');
    expect(events.map(({ kind }) => kind)).toEqual(['ready']);
  });

  it('stops what runs and does not start it again', async () => {
    const { member, lives } = fakeMember();
    const { part, events } = start(member);
    await part.ready;
    await part.stop();
    expect(lives).toMatchObject([{ stopped: true }]);
    expect(part.pid()).toBeUndefined();
    expect(events.map(({ kind }) => kind)).toEqual(['ready']);
  });

  it('stops a member that becomes ready only after the stop was asked for', async () => {
    const launched = Promise.withResolvers<void>();
    let stopped = false;
    const { part } = start({
      name: 'slow',
      async launch() {
        await launched.promise;
        return {
          pid: 1,
          exited: Promise.resolve({ code: 0, signal: null }),
          async stop() {
            stopped = true;
          },
        };
      },
    });
    const stop = part.stop();
    launched.resolve();
    await stop;
    expect(stopped).toBe(true);
    await expect(part.ready).rejects.toThrow('stopped before it was ready');
  });
});
