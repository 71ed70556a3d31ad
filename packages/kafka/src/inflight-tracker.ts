import type { KafkaLog } from './kafka-log.ts';

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** Records of one partition as they were fetched. `end` is the offset after the last, also of those that were filtered out. */
export interface FetchedBatch<M> extends TopicPartition {
  readonly messages: readonly { readonly offset: number; readonly bytes: number; readonly message: M }[];
  readonly end: number;
}

export interface InflightTrackerOptions<M> {
  /** Makes every effect of the messages durable. Called again with the same messages after it failed. */
  readonly handle: (batch: TopicPartition & { messages: readonly M[] }, signal: AbortSignal) => Promise<void>;
  readonly commit: (offsets: readonly (TopicPartition & { offset: number })[]) => Promise<void>;
  readonly pause: (place: TopicPartition) => void;
  readonly resume: (place: TopicPartition) => void;
  /** Bytes of one partition that may be in flight before it is paused; it is resumed at half. */
  readonly maxBytes: number;
  /** Batches of one partition handled at the same time; above 1 their effects may happen out of order. */
  readonly maxConcurrentBatches: number;
  /** Batches that wait are joined up to this many bytes before they are handled. */
  readonly maxHandleBytes: number;
  readonly commitIntervalMs: number;
  readonly retryDelayMs: { readonly first: number; readonly max: number };
  readonly log: KafkaLog;
}

/**
 * What is between fetched and committed. Guarantees:
 * - an offset is never committed ahead of a batch whose effects are not durable: only the contiguous handled prefix is;
 * - batches of a partition are started in order, and a failing one is tried again until it succeeds, never passed over;
 * - what comes again while it is in flight (after a rebalance) is not handled twice;
 * - bytes in flight are bounded by partition: past the bound the partition is paused;
 * - a partition that was taken away is forgotten: its handlers are told to stop and commit nothing, and when it comes
 *   back its next batch waits for them to end.
 */
export interface InflightTracker<M> {
  /** The partitions owned from now on. Returns what changed. */
  assign(places: readonly TopicPartition[]): { assigned: TopicPartition[]; revoked: TopicPartition[] };
  /** Takes a fetched batch; false when it is not wanted (the partition is not ours, or stopping has begun). */
  accept(batch: FetchedBatch<M>): boolean;
  /** Resolves when the partition has room, or after `timeoutMs`; then it is paused until it has. */
  waitForRoom(place: TopicPartition, timeoutMs: number): Promise<void>;
  /** Commits what can be committed now. Failures are logged; the next flush tries again. */
  flush(): Promise<void>;
  /**
   * Takes and starts nothing more, waits for what has been started until `deadline`, then commits. What could not end in
   * time is told to stop and comes again to the next owner.
   */
  drain(deadline: AbortSignal): Promise<void>;
  /** Forgets everything, tells handlers to stop. */
  close(): void;
  inFlight(): { batches: number; bytes: number };
}

interface Entry<M> {
  readonly end: number;
  readonly bytes: number;
  readonly messages: readonly M[];
  done: boolean;
}

interface Partition<M> extends TopicPartition {
  /** From the oldest that is not committable on. */
  entries: Entry<M>[];
  /** The entries not started yet. */
  waiting: Entry<M>[];
  running: number;
  bytes: number;
  /** Offset after the last message accepted. */
  next: number;
  /** No fetch can begin before this unless the partition was set back. */
  floor: number;
  commitable: number | undefined;
  committed: number | undefined;
  paused: boolean;
  readonly abort: AbortController;
  /** Handlers of a former ownership that have not ended. */
  readonly after: Promise<unknown> | undefined;
  readonly roomWaiters: Set<() => void>;
}

export function createInflightTracker<M>(options: InflightTrackerOptions<M>): InflightTracker<M> {
  const { handle, commit, pause, resume, maxBytes, log } = options;
  const partitions = new Map<string, Partition<M>>();
  const runs = new Map<string, Set<Promise<void>>>();
  let stopping = false;
  let commitTimer: NodeJS.Timeout | undefined;
  let commits: Promise<void> = Promise.resolve();
  const idleWaiters = new Set<() => void>();

  function createPartition({ topic, partition }: TopicPartition): Partition<M> {
    const former = runs.get(keyOf({ topic, partition }));
    return {
      topic,
      partition,
      entries: [],
      waiting: [],
      running: 0,
      bytes: 0,
      next: -1,
      floor: -1,
      commitable: undefined,
      committed: undefined,
      paused: false,
      abort: new AbortController(),
      after: former && former.size > 0 ? Promise.allSettled(former) : undefined,
      roomWaiters: new Set(),
    };
  }

  function forget(state: Partition<M>): void {
    partitions.delete(keyOf(state));
    state.abort.abort(new Error('The partition was taken away'));
    for (const wake of state.roomWaiters) wake();
    wakeIfIdle();
  }

  function pump(state: Partition<M>): void {
    while (!stopping && state.running < options.maxConcurrentBatches && state.waiting.length > 0) {
      const group: Entry<M>[] = [];
      let bytes = 0;
      for (const entry of state.waiting) {
        if (group.length > 0 && bytes + entry.bytes > options.maxHandleBytes) break;
        group.push(entry);
        bytes += entry.bytes;
      }
      state.waiting.splice(0, group.length);
      state.running += 1;
      const key = keyOf(state);
      const running = runs.get(key) ?? new Set();
      runs.set(key, running);
      const run: Promise<void> = work(state, group).finally(() => {
        running.delete(run);
        state.running -= 1;
        if (partitions.get(key) === state) pump(state);
        wakeIfIdle();
      });
      running.add(run);
    }
  }

  async function work(state: Partition<M>, group: readonly Entry<M>[]): Promise<void> {
    const { topic, partition, abort } = state;
    if (state.after) await state.after;
    const messages =
      group.length === 1 && group[0] ? group[0].messages : group.flatMap((entry) => entry.messages);
    let delay = options.retryDelayMs.first;
    for (let attempt = 1; !abort.signal.aborted; attempt++) {
      try {
        await handle({ topic, partition, messages }, abort.signal);
        if (!abort.signal.aborted) finish(state, group);
        return;
      } catch (err) {
        // A stop does not wait for a batch that fails: it has not been committed and comes again.
        if (abort.signal.aborted || stopping) return;
        log.warn(
          { topic, partition, attempt, retryInMs: delay, err },
          'A batch could not be processed and is tried again',
        );
        await sleep(delay, abort.signal);
        if (stopping) return;
        delay = Math.min(delay * 2, options.retryDelayMs.max);
      }
    }
  }

  function finish(state: Partition<M>, group: readonly Entry<M>[]): void {
    for (const entry of group) {
      entry.done = true;
      state.bytes -= entry.bytes;
    }
    while (state.entries[0]?.done) state.commitable = state.entries.shift()?.end;
    if (state.bytes <= maxBytes / 2) {
      for (const wake of state.roomWaiters) wake();
      if (state.paused) {
        state.paused = false;
        if (!stopping) resume(state);
      }
    }
    if (!stopping && commitTimer === undefined)
      commitTimer = setTimeout(() => void flush(), options.commitIntervalMs);
  }

  async function flush(): Promise<void> {
    clearTimeout(commitTimer);
    commitTimer = undefined;
    commits = commits.then(commitPrefixes);
    await commits;
  }

  async function commitPrefixes(): Promise<void> {
    const due = [...partitions.values()].flatMap((state) =>
      state.commitable !== undefined && state.commitable !== state.committed
        ? [{ state, offset: state.commitable }]
        : [],
    );
    if (due.length === 0) return;
    try {
      await commit(due.map(({ state: { topic, partition }, offset }) => ({ topic, partition, offset })));
      for (const { state, offset } of due) {
        state.committed = offset;
        state.floor = offset;
      }
    } catch (err) {
      log.warn({ err }, 'Offsets could not be committed and are tried again');
      if (!stopping) commitTimer ??= setTimeout(() => void flush(), options.commitIntervalMs);
    }
  }

  function accept(batch: FetchedBatch<M>): boolean {
    let state = partitions.get(keyOf(batch));
    if (stopping || !state) return false;
    const first = batch.messages[0];
    if (!first) return true;
    if (first.offset < state.floor) {
      log.warn(
        { topic: batch.topic, partition: batch.partition, offset: first.offset, committed: state.floor },
        'The partition was set back behind the last commit; it is read again from there',
      );
      forget(state);
      state = createPartition(batch);
      partitions.set(keyOf(batch), state);
    }
    if (state.floor < 0) state.floor = first.offset;
    const from = state.next;
    const fresh = batch.messages.filter(({ offset }) => offset >= from);
    if (fresh.length === 0) return true;
    const bytes = fresh.reduce((sum, message) => sum + message.bytes, 0);
    const entry: Entry<M> = {
      end: batch.end,
      bytes,
      messages: fresh.map(({ message }) => message),
      done: false,
    };
    state.next = batch.end;
    state.bytes += bytes;
    state.entries.push(entry);
    state.waiting.push(entry);
    pump(state);
    return true;
  }

  async function waitForRoom(place: TopicPartition, timeoutMs: number): Promise<void> {
    const state = partitions.get(keyOf(place));
    if (!state || stopping || state.bytes < maxBytes) return;
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        state.roomWaiters.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, timeoutMs);
      state.roomWaiters.add(wake);
    });
    if (state.bytes > maxBytes / 2 && partitions.get(keyOf(place)) === state && !stopping) {
      state.paused = true;
      pause(state);
    }
  }

  function assign(places: readonly TopicPartition[]): {
    assigned: TopicPartition[];
    revoked: TopicPartition[];
  } {
    const wanted = new Set(places.map(keyOf));
    const revoked = [...partitions.values()].filter((state) => !wanted.has(keyOf(state)));
    for (const state of revoked) forget(state);
    const assigned = places.filter((place) => !partitions.has(keyOf(place)));
    for (const place of assigned) partitions.set(keyOf(place), createPartition(place));
    for (const state of partitions.values()) {
      // The client forgets what was paused when it joins anew, and may have kept what a former ownership paused.
      if (state.paused || stopping) pause(state);
      else resume(state);
    }
    return { assigned: assigned.map(placeOf), revoked: revoked.map(placeOf) };
  }

  function wakeIfIdle(): void {
    if ([...partitions.values()].some(({ running }) => running > 0)) return;
    for (const wake of idleWaiters) wake();
  }

  async function drain(deadline: AbortSignal): Promise<void> {
    stopping = true;
    for (const state of partitions.values()) {
      pause(state);
      for (const wake of state.roomWaiters) wake();
    }
    if (!deadline.aborted && [...partitions.values()].some(({ running }) => running > 0)) {
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          idleWaiters.delete(wake);
          deadline.removeEventListener('abort', wake);
          resolve();
        };
        idleWaiters.add(wake);
        deadline.addEventListener('abort', wake);
      });
    }
    for (const { abort, running } of partitions.values()) if (running > 0) abort.abort(new Error('Stopping'));
    await flush();
  }

  return {
    assign,
    accept,
    waitForRoom,
    flush,
    drain,
    close() {
      stopping = true;
      clearTimeout(commitTimer);
      for (const state of [...partitions.values()]) forget(state);
    },
    inFlight() {
      const states = [...partitions.values()];
      return {
        batches: states.reduce((sum, { entries }) => sum + entries.length, 0),
        bytes: states.reduce((sum, { bytes }) => sum + bytes, 0),
      };
    },
  };
}

const keyOf = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`;
const placeOf = ({ topic, partition }: TopicPartition): TopicPartition => ({ topic, partition });

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const wake = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', wake);
      resolve();
    };
    const timer = setTimeout(wake, ms);
    signal.addEventListener('abort', wake);
  });
}
