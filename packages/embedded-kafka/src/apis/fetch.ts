import type { Api, BrokerState } from '../api.ts';
import { errorCodes, KafkaError } from '../protocol/error-codes.ts';
import { checkLeaderEpoch } from './leader-epoch.ts';

interface WantedPartition {
  readonly partition: number;
  readonly leaderEpoch: number;
  readonly offset: number;
  readonly maxBytes: number;
}

interface WantedTopic {
  readonly name: string;
  readonly partitions: readonly WantedPartition[];
}

interface PartitionResult {
  readonly partition: number;
  readonly error: number;
  readonly endOffset: number;
  /** The log's end before it was read: more than that may have come since. */
  readonly endBefore: number;
  readonly startOffset: number;
  readonly records: Buffer;
}

interface TopicResult {
  readonly name: string;
  readonly partitions: readonly PartitionResult[];
}

const nothing = Buffer.alloc(0);

/** Waits up to the client's max wait until its min bytes are there. Fetch sessions (KIP-227) are not kept: every fetch is whole. */
export function fetchApi(broker: BrokerState): Api {
  const { topics } = broker;

  async function readPartition(name: string, wanted: WantedPartition, maxBytes: number, atLeastOne: boolean) {
    const { partition } = wanted;
    try {
      const { log } = topics.partition(name, partition);
      checkLeaderEpoch(wanted.leaderEpoch);
      const endBefore = log.endOffset;
      const records =
        maxBytes > 0 || atLeastOne ? await log.read(wanted.offset, maxBytes, atLeastOne) : nothing;
      return {
        partition,
        error: 0,
        endOffset: log.endOffset,
        endBefore,
        startOffset: log.startOffset,
        records,
      };
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error;
      if (error.code === errorCodes.KAFKA_STORAGE_ERROR) broker.reportFault(error);
      return {
        partition,
        error: error.code,
        endOffset: -1,
        endBefore: -1,
        startOffset: -1,
        records: nothing,
      };
    }
  }

  /** One pass over the partitions in the client's order; the first one with data gives at least one batch (KIP-74). */
  async function readAll(wanted: readonly WantedTopic[], maxBytes: number) {
    let left = maxBytes;
    let bytes = 0;
    let failed = false;
    const results: TopicResult[] = [];
    for (const { name, partitions } of wanted) {
      const read: PartitionResult[] = [];
      for (const partition of partitions) {
        const limit = Math.max(0, Math.min(left, partition.maxBytes));
        const result = await readPartition(name, partition, limit, bytes === 0);
        left -= result.records.length;
        bytes += result.records.length;
        failed ||= result.error !== 0;
        read.push(result);
      }
      results.push({ name, partitions: read });
    }
    return { results, bytes, failed };
  }

  /** Resolves when about `bytes` more were appended to the partitions, or the time is up, or nobody waits any more. */
  function waitForBytes(
    read: readonly TopicResult[],
    bytes: number,
    waitMs: number,
    signal: AbortSignal,
  ): Promise<void> {
    return new Promise((resolve) => {
      let missing = bytes;
      const stops: (() => void)[] = [];
      const finish = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', finish);
        for (const stop of stops) stop();
        resolve();
      };
      const timer = setTimeout(finish, waitMs);
      signal.addEventListener('abort', finish);
      for (const { name, partitions } of read) {
        for (const { partition, endBefore } of partitions) {
          const log = topics.get(name)?.partitions[partition];
          if (log === undefined) continue;
          if (log.endOffset !== endBefore) missing = 0;
          stops.push(
            log.onAppend((appended) => {
              missing -= appended;
              if (missing <= 0) finish();
            }),
          );
        }
      }
      if (missing <= 0 || signal.aborted) finish();
    });
  }

  return {
    key: 1,
    name: 'Fetch',
    minVersion: 4,
    maxVersion: 11,
    async handle(reader, writer, { version, signal }) {
      reader.int32(); // replica id: no followers
      const maxWaitMs = Math.max(0, reader.int32());
      const minBytes = reader.int32();
      const maxBytes = Math.min(Math.max(0, reader.int32()), broker.maxFetchBytes);
      reader.int8(); // isolation level: without transactions both are the same
      const sessionId = version >= 7 ? reader.int32() : 0;
      if (version >= 7) reader.int32(); // session epoch
      const wanted = reader.array(() => ({
        name: reader.string(),
        partitions: reader.array(() => ({
          partition: reader.int32(),
          leaderEpoch: version >= 9 ? reader.int32() : -1,
          offset: reader.long(),
          logStartOffset: version >= 5 ? reader.long() : -1,
          maxBytes: reader.int32(),
        })),
      }));
      if (sessionId !== 0) {
        writer
          .int32(0)
          .int16(errorCodes.FETCH_SESSION_ID_NOT_FOUND)
          .int32(0)
          .array([], () => {});
        return undefined;
      }

      const deadline = performance.now() + maxWaitMs;
      let read = await readAll(wanted, maxBytes);
      while (read.bytes < minBytes && !read.failed && !signal.aborted) {
        const left = deadline - performance.now();
        if (left <= 0) break;
        await waitForBytes(read.results, minBytes - read.bytes, left, signal);
        read = await readAll(wanted, maxBytes);
      }

      writer.int32(0);
      if (version >= 7) writer.int16(0).int32(0);
      writer.array(read.results, ({ name, partitions }) => {
        writer.string(name).array(partitions, (result) => {
          writer.int32(result.partition).int16(result.error).int64(result.endOffset).int64(result.endOffset);
          if (version >= 5) writer.int64(result.startOffset);
          writer.array(null, () => {});
          if (version >= 11) writer.int32(-1);
          writer.bytesByReference(result.records);
        });
      });
      return undefined;
    },
  };
}
