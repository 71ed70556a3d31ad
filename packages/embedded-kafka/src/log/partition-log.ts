import { rm } from 'node:fs/promises';
import { KafkaError } from '../protocol/error-codes.ts';
import type { BatchHeader } from '../protocol/record-batch.ts';
import { type AppendResult, createAppender } from './appender.ts';
import { findOffsetByTime, type OffsetAndTimestamp } from './find-offset-by-time.ts';
import type { FsyncPolicy, LogSettings } from './log-settings.ts';
import { readFromSegment } from './read-from-segment.ts';
import { recoverLog, snapshotPath } from './recover-log.ts';
import type { Segment } from './segment.ts';

/**
 * The log of one partition: segment files of record batches, as they came. One writer at a time; readers see only
 * what is written completely (and forced to disk, with fsync `always`).
 */
export interface PartitionLog {
  readonly startOffset: number;
  /** Offset of the next record; everything below is readable. */
  readonly endOffset: number;
  /** Bytes cut off when the log was opened. */
  readonly cutBytes: number;
  /** Resolves when the batch is written. @throws KafkaError KAFKA_STORAGE_ERROR when it could not be; nothing of it stays. */
  append(batch: Buffer, header: BatchHeader): Promise<AppendResult>;
  /**
   * Whole batches from the one that holds `offset` on, at most `maxBytes` (but at least one with `atLeastOne`);
   * empty at the end of the log. @throws KafkaError OFFSET_OUT_OF_RANGE
   */
  read(offset: number, maxBytes: number, atLeastOne: boolean): Promise<Buffer>;
  /** The first record at or after a time (epoch milliseconds); undefined when there is none. */
  findByTime(timestamp: number): Promise<OffsetAndTimestamp | undefined>;
  /** Calls back with the number of bytes after each append. The function returned stops it. */
  onAppend(listener: (bytes: number) => void): () => void;
  /** Deletes closed segments past the limits; @returns how many. Ages count from the time of the last append. */
  applyRetention(now: number): Promise<number>;
  /** Forces to disk what is not yet there. */
  flush(): Promise<void>;
  /** Waits for appends under way, then closes the files. Later appends are refused. */
  close(): Promise<void>;
}

export async function openPartitionLog(options: {
  readonly dir: string;
  readonly settings: LogSettings;
  readonly fsync: FsyncPolicy;
  readonly now: () => number;
}): Promise<PartitionLog> {
  const { dir, settings, now } = options;
  const recovered = await recoverLog(dir, now());
  const segments = recovered.segments;
  const listeners = new Set<(bytes: number) => void>();
  const appender = createAppender({
    ...options,
    segments,
    producers: recovered.producers,
    endOffset: recovered.endOffset,
    onAppend(bytes) {
      for (const listener of listeners) listener(bytes);
    },
  });

  const startOffset = () => segments[0]?.baseOffset ?? appender.endOffset;

  /** The segment that holds the offset. */
  function segmentFor(offset: number): Segment | undefined {
    return segments.findLast((segment) => segment.baseOffset <= offset);
  }

  function outOfRange(offset: number): KafkaError {
    return new KafkaError(
      'OFFSET_OUT_OF_RANGE',
      `Offset ${offset} is not between ${startOffset()} and ${appender.endOffset}.`,
    );
  }

  /** A segment may be deleted by retention while it is read: then its offsets are out of range, not an I/O fault. */
  async function readSegment<T>(segment: Segment, offset: number, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!segments.includes(segment)) throw outOfRange(offset);
      throw new KafkaError('KAFKA_STORAGE_ERROR', `Reading ${dir} failed.`, { cause: error });
    }
  }

  return {
    get startOffset() {
      return startOffset();
    },
    get endOffset() {
      return appender.endOffset;
    },
    cutBytes: recovered.cutBytes,
    append: appender.append,

    async read(offset, maxBytes, atLeastOne) {
      if (offset < startOffset() || offset > appender.endOffset) throw outOfRange(offset);
      if (offset === appender.endOffset) return Buffer.alloc(0);
      const segment = segmentFor(offset);
      if (segment === undefined) throw outOfRange(offset);
      return readSegment(segment, offset, () => readFromSegment(segment, { offset, maxBytes, atLeastOne }));
    },

    async findByTime(timestamp) {
      for (const segment of [...segments]) {
        const found = await readSegment(segment, segment.baseOffset, () =>
          findOffsetByTime(segment, timestamp),
        );
        if (found !== undefined) return found;
      }
      return undefined;
    },

    onAppend(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },

    async applyRetention(time) {
      const { retentionMs, retentionBytes } = settings;
      const active = segments.at(-1);
      if (active !== undefined && active.sizeBytes > 0) {
        const expired = retentionMs >= 0 && time - active.lastAppendAt > retentionMs;
        if (expired || time - active.createdAt > settings.segmentMs) await appender.roll();
      }
      let totalBytes = segments.reduce((sum, segment) => sum + segment.sizeBytes, 0);
      let removed = 0;
      while (segments.length > 1) {
        const [oldest] = segments;
        if (oldest === undefined) break;
        const tooOld = retentionMs >= 0 && time - oldest.lastAppendAt > retentionMs;
        const tooMuch = retentionBytes >= 0 && totalBytes - oldest.sizeBytes >= retentionBytes;
        if (!tooOld && !tooMuch) break;
        segments.shift();
        totalBytes -= oldest.sizeBytes;
        removed += 1;
        await oldest.remove();
        await rm(snapshotPath(dir, oldest.baseOffset), { force: true });
      }
      return removed;
    },

    flush: appender.flush,

    async close() {
      await appender.close();
      await Promise.all(segments.map((segment) => segment.close()));
    },
  };
}
