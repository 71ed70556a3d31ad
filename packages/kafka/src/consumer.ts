import type { RawRecord } from '@parapet/event-model';
import type { Batch, IHeaders, Kafka, Consumer as KafkajsConsumer, KafkaMessage } from 'kafkajs';
import { createInflightTracker, type TopicPartition } from './inflight-tracker.ts';
import { KafkaError, toKafkaError } from './kafka-error.ts';
import type { KafkaLog } from './kafka-log.ts';
import type { TopicIds } from './topic-ids.ts';

export interface ConsumedBatch {
  readonly topic: string;
  readonly topicId: string;
  readonly partition: number;
  readonly records: RawRecord[];
  /** Record keys, by the index of their record. */
  readonly keys: (string | null)[];
  /** Aborted when the partition is taken away or the stop's deadline is over: what is not done yet will come again. */
  readonly signal: AbortSignal;
}

export interface ConsumerOptions {
  readonly groupId: string;
  readonly topics: readonly string[];
  /** Where a group without committed offsets starts. @default true */
  readonly fromBeginning?: boolean;
  /**
   * Starts at the ends of the partitions as they are at the call, whatever the group committed before: once the consumer is
   * there, no later record is missed. For groups of one member.
   */
  readonly startAtEnd?: boolean;
  /** Bytes of one partition between fetched and committed before it is paused. @default 8 MiB */
  readonly maxInFlightBytes?: number;
  /** Batches of one partition handled at the same time; above 1, effects may happen out of order. @default 1 */
  readonly maxConcurrentBatches?: number;
  /** Records that were waiting are handed over together up to this many bytes. @default 4 MiB */
  readonly maxBatchBytes?: number;
  /** How long a member may be silent before its partitions go to others. Milliseconds. @default 10000 */
  readonly sessionTimeoutMs?: number;
  /**
   * Resolves when every effect of the batch is durable: then its offsets may be committed. When it rejects it is called
   * again with the same records, after a pause, until it resolves or the consumer stops.
   */
  onBatch(batch: ConsumedBatch): Promise<void>;
  onAssigned?(partitions: readonly TopicPartition[]): void;
  onRevoked?(partitions: readonly TopicPartition[]): void;
  /** The consumer stopped and will not start again by itself. */
  onCrash(error: Error): void;
}

export interface Consumer {
  /**
   * Stops fetching, waits until `deadline` for the batches under way, and commits them. The group membership stays until
   * `close`, so that the commit counts.
   */
  drain(deadline: AbortSignal): Promise<void>;
  /** Leaves the group. Without `drain` before, batches under way are told to stop and will come again. */
  close(): Promise<void>;
  inFlight(): { batches: number; bytes: number };
}

/** Short, because kafkajs sleeps this long when everything is paused, and a resumed partition waits for the fetch under way. */
const maxFetchWaitMs = 250;
/** What a record counts beside its value and its key. */
export const recordOverhead = 64;
/** How long a fetch waits for a slow partition before it goes on without it. Below the heartbeat interval. */
const roomWaitMs = 1_000;

export async function startConsumer(
  deps: {
    readonly kafka: Kafka;
    readonly brokers: readonly string[];
    readonly log: KafkaLog;
    readonly topicIds: TopicIds;
  },
  options: ConsumerOptions,
): Promise<Consumer> {
  const { kafka, brokers, topicIds, log } = deps;
  const { groupId, topics, onBatch, onAssigned, onRevoked, onCrash } = options;
  const sessionTimeout = options.sessionTimeoutMs ?? 10_000;
  const consumer = kafka.consumer({
    groupId,
    sessionTimeout,
    rebalanceTimeout: 30_000,
    heartbeatInterval: Math.min(3_000, Math.floor(sessionTimeout / 3)),
    maxWaitTimeInMs: maxFetchWaitMs,
    maxBytesPerPartition: 2 * 1024 * 1024,
    maxBytes: 16 * 1024 * 1024,
    allowAutoTopicCreation: false,
    retry: {
      initialRetryTime: 100,
      maxRetryTime: 5_000,
      retries: 6,
      restartOnFailure: () => Promise.resolve(true),
    },
  });
  const tracker = createInflightTracker<KafkaMessage>({
    async handle({ topic, partition, messages }, signal) {
      const topicId = await topicIds.get(topic);
      const records = messages.map((message) => toRecord(message, topicId, partition));
      await onBatch({
        topic,
        topicId,
        partition,
        records,
        keys: messages.map(({ key }) => key?.toString() ?? null),
        signal,
      });
    },
    commit: (offsets) => consumer.commitOffsets(offsets.map((at) => ({ ...at, offset: String(at.offset) }))),
    pause: ({ topic, partition }) => steer(() => consumer.pause([{ topic, partitions: [partition] }])),
    resume: ({ topic, partition }) => steer(() => consumer.resume([{ topic, partitions: [partition] }])),
    maxBytes: options.maxInFlightBytes ?? 8 * 1024 * 1024,
    maxConcurrentBatches: options.maxConcurrentBatches ?? 1,
    maxHandleBytes: options.maxBatchBytes ?? 4 * 1024 * 1024,
    commitIntervalMs: 200,
    retryDelayMs: { first: 100, max: 10_000 },
    log,
  });

  let ends: readonly (TopicPartition & { offset: string })[] = [];
  let startPending = options.startAtEnd ?? false;

  consumer.on(consumer.events.GROUP_JOIN, ({ payload: { memberAssignment } }) => {
    if (startPending) {
      // Here, because it takes effect before the first fetch.
      for (const end of ends) consumer.seek(end);
      startPending = false;
    }
    const places = Object.entries(memberAssignment).flatMap(([topic, partitions]) =>
      partitions.map((partition) => ({ topic, partition })),
    );
    for (const topic of topics) topicIds.forget(topic);
    const { assigned, revoked } = tracker.assign(places);
    log.info(
      { groupId, partitions: places.length, assigned: assigned.length, revoked: revoked.length },
      'Joined the consumer group',
    );
    if (revoked.length > 0) onRevoked?.(revoked);
    if (assigned.length > 0) onAssigned?.(assigned);
  });
  consumer.on(consumer.events.CRASH, ({ payload: { error, restart } }) => {
    if (restart) {
      log.warn({ groupId, err: error }, 'The consumer lost Kafka and starts again');
      return;
    }
    tracker.close();
    onCrash(
      new KafkaError(
        'CONSUMER_STOPPED',
        `The consumer of group ${groupId} stopped for good: ${error.message}`,
        error,
      ),
    );
  });

  try {
    if (startPending) ends = await readEnds(kafka, topics);
    await consumer.connect();
    await consumer.subscribe({ topics: [...topics], fromBeginning: options.fromBeginning ?? true });
    await consumer.run({
      autoCommit: false,
      partitionsConsumedConcurrently: 8,
      async eachBatch({ batch, heartbeat }) {
        if (!tracker.accept(toFetched(batch))) return;
        await tracker.waitForRoom(batch, roomWaitMs);
        await heartbeat();
      },
    });
    // From now on the group has offsets, so that a member that joins anew does not start at a later end.
    if (ends.length > 0) await consumer.commitOffsets([...ends]);
  } catch (error) {
    tracker.close();
    await consumer.disconnect().catch(() => undefined);
    throw toKafkaError(error, `read ${topics.join(', ')} as group ${groupId}`, brokers);
  }

  return {
    drain: (deadline) => tracker.drain(deadline),
    async close() {
      tracker.close();
      await stop(consumer, log);
    },
    inFlight: () => tracker.inFlight(),
  };
}

async function readEnds(kafka: Kafka, topics: readonly string[]) {
  const admin = kafka.admin();
  try {
    await admin.connect();
    const places = await Promise.all(
      topics.map(async (topic) =>
        (await admin.fetchTopicOffsets(topic)).map(({ partition, high }) => ({
          topic,
          partition,
          offset: high,
        })),
      ),
    );
    return places.flat();
  } finally {
    await admin.disconnect();
  }
}

/** Pausing throws while kafkajs restarts its runner; the join that follows pauses again what must be. */
function steer(action: () => void): void {
  try {
    action();
  } catch {
    // Nothing is being fetched then.
  }
}

async function stop(consumer: KafkajsConsumer, log: KafkaLog): Promise<void> {
  try {
    await consumer.disconnect();
  } catch (err) {
    log.debug({ err }, 'The consumer could not say goodbye to Kafka');
  }
}

function toFetched(batch: Batch) {
  return {
    topic: batch.topic,
    partition: batch.partition,
    end: Number(batch.lastOffset()) + 1,
    messages: batch.messages.map((message) => ({
      offset: Number(message.offset),
      bytes: (message.value?.length ?? 0) + (message.key?.length ?? 0) + recordOverhead,
      message,
    })),
  };
}

const noHeaders: Readonly<Record<string, string>> = Object.freeze({});

function toRecord(message: KafkaMessage, topicId: string, partition: number): RawRecord {
  return {
    topicId,
    partition,
    offset: Number(message.offset),
    timestamp: Number(message.timestamp),
    value: message.value,
    headers: toHeaders(message.headers),
  };
}

function toHeaders(headers: IHeaders | undefined): Readonly<Record<string, string>> {
  const names = headers ? Object.keys(headers) : [];
  if (!headers || names.length === 0) return noHeaders;
  const texts: Record<string, string> = Object.create(null);
  for (const name of names) {
    const value = headers[name];
    // A header may repeat: the last one counts, as in the Java client's lastHeader.
    const last = Array.isArray(value) ? value.at(-1) : value;
    if (last !== undefined) texts[name] = last.toString();
  }
  return texts;
}
