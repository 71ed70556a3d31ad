import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  createInflightTracker,
  type InflightTrackerOptions,
  type TopicPartition,
} from './inflight-tracker.ts';

const place = { topic: 'raw', partition: 0 };
const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A handler whose calls are settled by the test. */
function buildHandler() {
  const calls: {
    offsets: number[];
    place: TopicPartition;
    signal: AbortSignal;
    resolve(): void;
    reject(error: Error): void;
  }[] = [];
  const handle = vi.fn((batch: TopicPartition & { messages: readonly number[] }, signal: AbortSignal) => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    calls.push({
      offsets: [...batch.messages],
      place: { topic: batch.topic, partition: batch.partition },
      signal,
      resolve,
      reject,
    });
    return promise;
  });
  return { calls, handle };
}

function buildTracker(over: Partial<InflightTrackerOptions<number>> = {}) {
  const { calls, handle } = buildHandler();
  const commits: number[] = [];
  const commit = vi.fn((offsets: readonly (TopicPartition & { offset: number })[]) => {
    commits.push(...offsets.map(({ offset }) => offset));
    return Promise.resolve();
  });
  const pause = vi.fn();
  const resume = vi.fn();
  const tracker = createInflightTracker<number>({
    handle,
    commit,
    pause,
    resume,
    maxBytes: 1000,
    maxConcurrentBatches: 1,
    maxHandleBytes: 0,
    commitIntervalMs: 100,
    retryDelayMs: { first: 50, max: 200 },
    log: quiet,
    ...over,
  });
  tracker.assign([place]);
  resume.mockClear();
  return { tracker, calls, handle, commit, commits, pause, resume };
}

/** Messages `from` to `to`, not including it, of `bytes` bytes each. */
function batch(from: number, to: number, bytes = 10, at: TopicPartition = place) {
  return {
    ...at,
    end: to,
    messages: Array.from({ length: to - from }, (_, i) => ({ offset: from + i, bytes, message: from + i })),
  };
}

const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);
const never = new AbortController().signal;

describe('ordered commit', () => {
  it('commits last offset + 1 once the batch is handled, after the commit interval', async () => {
    const { tracker, calls, commits } = buildTracker();
    tracker.accept(batch(5, 8));
    calls[0]?.resolve();
    await settle();
    expect(commits).toEqual([]);
    await vi.advanceTimersByTimeAsync(100);
    expect(commits).toEqual([8]);
  });

  it('commits only up to the contiguous handled prefix', async () => {
    const { tracker, calls, commits } = buildTracker({ maxConcurrentBatches: 3 });
    for (const from of [0, 10, 20]) tracker.accept(batch(from, from + 10));
    calls[1]?.resolve();
    calls[2]?.resolve();
    await vi.advanceTimersByTimeAsync(500);
    expect(commits).toEqual([]);
    calls[0]?.resolve();
    await vi.advanceTimersByTimeAsync(500);
    expect(commits).toEqual([30]);
  });

  it('commits past offsets that were filtered out of the batch', async () => {
    const { tracker, calls, commits } = buildTracker();
    tracker.accept({ ...batch(0, 2), end: 7 });
    calls[0]?.resolve();
    await vi.advanceTimersByTimeAsync(100);
    expect(commits).toEqual([7]);
  });

  it('commits nothing for a batch that fails, and handles it again until it succeeds', async () => {
    const { tracker, calls, commits } = buildTracker();
    tracker.accept(batch(0, 3));
    for (let attempt = 0; attempt < 4; attempt++) {
      calls[attempt]?.reject(new Error('the disk is full'));
      await vi.advanceTimersByTimeAsync(200);
    }
    expect(commits).toEqual([]);
    expect(calls.map(({ offsets }) => offsets)).toEqual(Array(5).fill([0, 1, 2]));
    calls[4]?.resolve();
    await vi.advanceTimersByTimeAsync(100);
    expect(commits).toEqual([3]);
  });

  it('starts no later batch of the partition while one fails, but those of other partitions', async () => {
    const other = { topic: 'raw', partition: 1 };
    const { tracker, calls } = buildTracker();
    tracker.assign([place, other]);
    tracker.accept(batch(0, 1));
    tracker.accept(batch(1, 2));
    tracker.accept(batch(0, 1, 10, other));
    calls[0]?.reject(new Error('no'));
    await settle();
    expect(calls.map((call) => [call.place.partition, ...call.offsets])).toEqual([
      [0, 0],
      [1, 0],
    ]);
  });

  it('tries a failed commit again, and does not commit the same offset twice', async () => {
    const { tracker, calls, commit, commits } = buildTracker();
    commit.mockRejectedValueOnce(new Error('rebalancing'));
    tracker.accept(batch(0, 3));
    calls[0]?.resolve();
    await vi.advanceTimersByTimeAsync(1000);
    await tracker.flush();
    expect(commit).toHaveBeenCalledTimes(2);
    expect(commits).toEqual([3]);
  });

  it('never has two commits under way', async () => {
    const first = Promise.withResolvers<void>();
    let underWay = 0;
    const commit = vi.fn(async () => {
      underWay += 1;
      expect(underWay).toBe(1);
      await first.promise;
      underWay -= 1;
    });
    const { tracker, calls } = buildTracker({ commit });
    tracker.accept(batch(0, 1));
    calls[0]?.resolve();
    await settle();
    const flushes = [tracker.flush(), tracker.flush(), tracker.flush()];
    tracker.accept(batch(1, 2));
    calls[1]?.resolve();
    await vi.advanceTimersByTimeAsync(300);
    first.resolve();
    await Promise.all(flushes);
    await vi.advanceTimersByTimeAsync(300);
    expect(commit.mock.calls.flat(2)).toMatchObject([{ offset: 1 }, { offset: 2 }]);
  });

  it('joins batches that waited, up to the size of a handled batch', async () => {
    const { tracker, calls } = buildTracker({ maxHandleBytes: 40 });
    for (const from of [0, 2, 4, 6]) tracker.accept(batch(from, from + 2));
    calls[0]?.resolve();
    await settle();
    expect(calls[1]?.offsets).toEqual([2, 3, 4, 5]);
  });

  it('holds whatever the order in which handlers end or fail', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ size: fc.integer({ min: 1, max: 4 }), fail: fc.boolean() }), {
          minLength: 1,
          maxLength: 12,
        }),
        fc.infiniteStream(fc.nat()),
        async (plan, picks) => {
          const { tracker, calls, commits } = buildTracker({ maxConcurrentBatches: 3 });
          const durable = new Set<number>();
          let next = 0;
          for (const { size } of plan) {
            tracker.accept(batch(next, next + size));
            next += size;
          }
          const failed = new Set<number>();
          for (let open = [...calls]; open.length > 0; ) {
            const call = open.splice((picks.next().value ?? 0) % open.length, 1)[0]!;
            const shouldFail =
              plan[call.offsets[0]! % plan.length]?.fail === true && !failed.has(call.offsets[0]!);
            const before = calls.length;
            if (shouldFail) {
              failed.add(call.offsets[0]!);
              call.reject(new Error('once'));
            } else {
              for (const offset of call.offsets) durable.add(offset);
              call.resolve();
            }
            await vi.advanceTimersByTimeAsync(250);
            open.push(...calls.slice(before));
            const committed = commits.at(-1) ?? 0;
            for (let offset = 0; offset < committed; offset++) expect(durable.has(offset)).toBe(true);
          }
          expect(commits.at(-1)).toBe(next);
          tracker.close();
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('replay and rebalance', () => {
  it('drops what comes again while it is in flight and takes only the rest', async () => {
    const { tracker, calls } = buildTracker();
    tracker.accept(batch(0, 3));
    tracker.accept(batch(0, 3));
    tracker.accept(batch(1, 5));
    calls[0]?.resolve();
    await settle();
    expect(calls.map(({ offsets }) => offsets)).toEqual([
      [0, 1, 2],
      [3, 4],
    ]);
  });

  it('keeps what is in flight of partitions that stay', async () => {
    const { tracker, calls, commits } = buildTracker();
    tracker.accept(batch(0, 3));
    expect(tracker.assign([place, { topic: 'raw', partition: 1 }])).toEqual({
      assigned: [{ topic: 'raw', partition: 1 }],
      revoked: [],
    });
    expect(calls[0]?.signal.aborted).toBe(false);
    calls[0]?.resolve();
    await vi.advanceTimersByTimeAsync(100);
    expect(commits).toEqual([3]);
  });

  it('stops and never commits what is in flight of a partition that was taken away', async () => {
    const { tracker, calls, commits } = buildTracker();
    tracker.accept(batch(0, 3));
    expect(tracker.assign([]).revoked).toEqual([place]);
    expect(calls[0]?.signal.aborted).toBe(true);
    calls[0]?.resolve();
    await vi.advanceTimersByTimeAsync(500);
    expect(commits).toEqual([]);
    expect(tracker.accept(batch(3, 4))).toBe(false);
  });

  it('starts a partition that came back only after its former handler ended', async () => {
    const { tracker, calls } = buildTracker();
    tracker.accept(batch(0, 3));
    tracker.assign([]);
    tracker.assign([place]);
    tracker.accept(batch(0, 3));
    await settle();
    expect(calls).toHaveLength(1);
    calls[0]?.reject(new Error('aborted'));
    await settle();
    expect(calls).toHaveLength(2);
  });

  it('reads again from where the partition was set back to', async () => {
    const { tracker, calls, commits } = buildTracker();
    tracker.accept(batch(10, 13));
    calls[0]?.resolve();
    await vi.advanceTimersByTimeAsync(100);
    tracker.accept(batch(0, 4));
    await settle();
    expect(calls[1]?.offsets).toEqual([0, 1, 2, 3]);
    calls[1]?.resolve();
    await vi.advanceTimersByTimeAsync(100);
    expect(commits).toEqual([13, 4]);
  });
});

describe('back-pressure', () => {
  it('pauses a partition that stays full and resumes it at half', async () => {
    const { tracker, calls, pause, resume } = buildTracker();
    tracker.accept(batch(0, 1, 600));
    tracker.accept(batch(1, 2, 600));
    const waiting = tracker.waitForRoom(place, 1000);
    await vi.advanceTimersByTimeAsync(999);
    expect(pause).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    await waiting;
    expect(pause).toHaveBeenCalledTimes(1);
    calls[0]?.resolve();
    await settle();
    expect(resume).not.toHaveBeenCalled();
    calls[1]?.resolve();
    await settle();
    expect(resume).toHaveBeenCalledTimes(1);
  });

  it('does not pause when room comes in time, and waits not at all when there is room', async () => {
    const { tracker, calls, pause } = buildTracker();
    await tracker.waitForRoom(place, 1000);
    tracker.accept(batch(0, 1, 2000));
    const waiting = tracker.waitForRoom(place, 1000);
    calls[0]?.resolve();
    await waiting;
    expect(pause).not.toHaveBeenCalled();
    expect(tracker.inFlight()).toEqual({ batches: 0, bytes: 0 });
  });

  it('pauses again after the client joined anew and forgot what was paused', async () => {
    const { tracker, pause } = buildTracker();
    tracker.accept(batch(0, 1, 2000));
    const waiting = tracker.waitForRoom(place, 10);
    await vi.advanceTimersByTimeAsync(10);
    await waiting;
    tracker.assign([place]);
    expect(pause).toHaveBeenCalledTimes(2);
  });

  it('does not lose batches that wait when a partition is taken away while it is full', async () => {
    const { tracker } = buildTracker();
    tracker.accept(batch(0, 1, 2000));
    const waiting = tracker.waitForRoom(place, 100_000);
    tracker.assign([]);
    await waiting;
    expect(tracker.inFlight().batches).toBe(0);
  });
});

describe('drain', () => {
  it('waits for what was started, starts nothing more, and commits what ended', async () => {
    const { tracker, calls, commits, pause } = buildTracker();
    tracker.accept(batch(0, 3));
    tracker.accept(batch(3, 6));
    const draining = tracker.drain(never);
    expect(pause).toHaveBeenCalledWith(expect.objectContaining(place));
    expect(tracker.accept(batch(6, 9))).toBe(false);
    calls[0]?.resolve();
    await draining;
    expect(calls).toHaveLength(1);
    expect(commits).toEqual([3]);
  });

  it('tells handlers to stop at the deadline and commits only what ended', async () => {
    const { tracker, calls, commits } = buildTracker({ maxConcurrentBatches: 2 });
    tracker.accept(batch(0, 3));
    tracker.accept(batch(3, 6));
    const deadline = new AbortController();
    const draining = tracker.drain(deadline.signal);
    calls[0]?.resolve();
    await settle();
    deadline.abort();
    await draining;
    expect(calls[1]?.signal.aborted).toBe(true);
    expect(commits).toEqual([3]);
  });

  it('does not wait for a batch that keeps failing', async () => {
    const { tracker, calls, commits } = buildTracker();
    tracker.accept(batch(0, 3));
    calls[0]?.reject(new Error('no'));
    await settle();
    const draining = tracker.drain(never);
    await vi.advanceTimersByTimeAsync(50);
    await draining;
    expect(calls).toHaveLength(1);
    expect(commits).toEqual([]);
  });

  it('ends at once when nothing is in flight', async () => {
    const { tracker, commit } = buildTracker();
    await tracker.drain(never);
    expect(commit).not.toHaveBeenCalled();
  });
});
