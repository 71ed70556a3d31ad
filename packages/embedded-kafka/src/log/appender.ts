import { KafkaError } from '../protocol/error-codes.ts';
import { assignOffset, type BatchHeader } from '../protocol/record-batch.ts';
import type { FsyncPolicy, LogSettings } from './log-settings.ts';
import type { ProducerStates } from './producer-states.ts';
import { writeSnapshot } from './recover-log.ts';
import { createSegment, type Segment } from './segment.ts';

export interface AppendResult {
  readonly baseOffset: number;
  /** The batch was there already: it was sent again after a lost answer. */
  readonly duplicate: boolean;
}

/** The writing half of a partition's log. Appends that wait while a write is under way go out together in the next one. */
export interface Appender {
  readonly endOffset: number;
  append(batch: Buffer, header: BatchHeader): Promise<AppendResult>;
  /** Seals the active segment and starts a new one, unless it is empty. */
  roll(): Promise<void>;
  flush(): Promise<void>;
  close(): Promise<void>;
}

interface Waiting {
  readonly batch: Buffer;
  readonly header: BatchHeader;
  resolve(result: AppendResult): void;
  reject(error: Error): void;
}

/** Bytes that one write may join; more wait for the next. */
const maxWriteBytes = 16 * 1024 * 1024;

export function createAppender(deps: {
  readonly dir: string;
  readonly settings: LogSettings;
  readonly fsync: FsyncPolicy;
  readonly now: () => number;
  /** Shared with the reading half: the appender only pushes to it. */
  readonly segments: Segment[];
  readonly producers: ProducerStates;
  readonly endOffset: number;
  readonly onAppend: (bytes: number) => void;
}): Appender {
  const { dir, settings, fsync, now, segments, producers } = deps;
  const queue: Waiting[] = [];
  let endOffset = deps.endOffset;
  let closed = false;
  let dirty = false;
  // Bytes of a failed write may lie behind the last batch: they are cut off before the next write.
  let torn = false;
  // One chain for everything that changes the files: writes, rolls, flushes.
  let tail: Promise<unknown> = Promise.resolve();
  let draining = false;

  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = tail.then(work);
    tail = result.catch(() => undefined);
    return result;
  }

  function active(): Segment {
    const segment = segments.at(-1);
    if (segment === undefined) throw new Error(`The log in ${dir} has no segment.`);
    return segment;
  }

  async function drain(): Promise<void> {
    while (queue.length > 0) {
      const group: Waiting[] = [];
      let bytes = 0;
      while (
        queue[0] !== undefined &&
        (group.length === 0 || bytes + queue[0].batch.length <= maxWriteBytes)
      ) {
        bytes += queue[0].batch.length;
        group.push(queue[0]);
        queue.shift();
      }
      await writeGroup(group);
    }
    draining = false;
  }

  /** Never rejects: every append of the group is told what became of it. */
  async function writeGroup(group: readonly Waiting[]): Promise<void> {
    const undo: (() => void)[] = [];
    const written: { waiting: Waiting; baseOffset: number }[] = [];
    const done: (() => void)[] = [];
    const before = endOffset;
    let next = endOffset;
    try {
      await rollIfFull(group[0]?.batch.length ?? 0);
      for (const waiting of group) {
        try {
          const { header } = waiting;
          if (header.producerId >= 0n) {
            const earlier = producers.findDuplicate(header);
            if (earlier !== undefined) {
              done.push(() => waiting.resolve({ baseOffset: earlier, duplicate: true }));
              continue;
            }
            undo.push(producers.record(header, next, now()));
          }
          const baseOffset = next;
          assignOffset(waiting.batch, baseOffset);
          next += header.recordCount;
          written.push({ waiting, baseOffset });
          done.push(() => waiting.resolve({ baseOffset, duplicate: false }));
        } catch (error) {
          const cause = error instanceof Error ? error : new Error(String(error));
          done.push(() => waiting.reject(cause));
        }
      }
      const bytes = await write(written);
      endOffset = next;
      for (const settle of done) settle();
      if (endOffset > before) deps.onAppend(bytes);
    } catch (error) {
      for (const forget of undo.reverse()) forget();
      const failure = new KafkaError(
        'KAFKA_STORAGE_ERROR',
        `Writing to ${dir} failed: ${(error as Error).message}`,
        {
          cause: error,
        },
      );
      for (const waiting of group) waiting.reject(failure);
    }
  }

  async function write(batches: readonly { waiting: Waiting; baseOffset: number }[]): Promise<number> {
    if (batches.length === 0) return 0;
    const segment = active();
    const index = await segment.index();
    const start = segment.sizeBytes;
    const buffers = batches.map(({ waiting }) => waiting.batch);
    await segment.use(async (file) => {
      if (torn) await file.truncate(start);
      torn = true;
      let position = start;
      let rest: Buffer[] = buffers;
      while (rest.length > 0) {
        const { bytesWritten } = await file.writev(rest, position);
        position += bytesWritten;
        rest = skipBytes(rest, bytesWritten);
      }
      if (fsync === 'always') await file.datasync();
      torn = false;
    });
    let position = start;
    for (const { waiting, baseOffset } of batches) {
      index.add({ offset: baseOffset, position, maxTimestamp: waiting.header.maxTimestamp });
      position += waiting.batch.length;
    }
    segment.sizeBytes = position;
    segment.lastAppendAt = now();
    dirty = true;
    return position - start;
  }

  async function rollIfFull(nextBytes: number): Promise<void> {
    const segment = active();
    const full = segment.sizeBytes + nextBytes > settings.segmentBytes;
    // ages are looked at by retention too, for logs that nobody writes to
    const old = now() - segment.createdAt > settings.segmentMs;
    if (segment.sizeBytes > 0 && (full || old)) await rollNow();
  }

  async function rollNow(): Promise<void> {
    const segment = active();
    if (segment.sizeBytes === 0 || closed) return;
    if (torn) {
      await segment.use((file) => file.truncate(segment.sizeBytes));
      torn = false;
    }
    if (fsync !== 'never') await segment.use((file) => file.datasync());
    producers.expire(now());
    await writeSnapshot(dir, endOffset, producers);
    const fresh = await createSegment(dir, endOffset, now());
    segments.push(fresh);
    await segment.seal();
  }

  return {
    get endOffset() {
      return endOffset;
    },
    append(batch, header) {
      if (closed) return Promise.reject(new KafkaError('KAFKA_STORAGE_ERROR', 'The partition is closed.'));
      return new Promise((resolve, reject) => {
        queue.push({ batch, header, resolve, reject });
        if (!draining) {
          draining = true;
          void inTurn(drain);
        }
      });
    },
    roll: () => inTurn(rollNow),
    flush: () =>
      inTurn(async () => {
        if (!dirty || closed) return;
        dirty = false;
        try {
          await active().use((file) => file.datasync());
        } catch (error) {
          dirty = true;
          throw error;
        }
      }),
    async close() {
      closed = true;
      await inTurn(async () => {
        if (dirty && fsync !== 'never') await active().use((file) => file.datasync());
      });
    },
  };
}

function skipBytes(buffers: readonly Buffer[], count: number): Buffer[] {
  let left = count;
  const rest: Buffer[] = [];
  for (const buffer of buffers) {
    if (left >= buffer.length) left -= buffer.length;
    else {
      rest.push(left > 0 ? buffer.subarray(left) : buffer);
      left = 0;
    }
  }
  return rest;
}
