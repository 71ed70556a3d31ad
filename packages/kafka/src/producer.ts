import { CompressionTypes, type Kafka, type Producer as KafkajsProducer, type Message } from 'kafkajs';
import { KafkaError, toKafkaError } from './kafka-error.ts';
import type { KafkaLog } from './kafka-log.ts';
import { createPartitioner } from './partitioner.ts';

export interface OutgoingMessage {
  readonly key?: string | null;
  readonly value: Uint8Array | string | null;
  readonly headers?: Readonly<Record<string, string>>;
  /** Instead of the partition the key hashes to. */
  readonly partition?: number;
  /** Epoch milliseconds; now when absent. */
  readonly timestamp?: number;
}

export interface ProducerOptions {
  /** Each record is written once even when an answer is lost and the request is sent again. @default true */
  readonly idempotent?: boolean;
  /** @default 'none' */
  readonly compression?: 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';
  /** How long a send may take, retries included, before it fails. Milliseconds. @default 30000 */
  readonly deadlineMs?: number;
}

export interface Producer {
  /**
   * Resolves when every message is acknowledged by all in-sync replicas (acks = -1), with one entry per partition that
   * was written: the offset of its first message of this send.
   * @throws {KafkaError} MESSAGE_TOO_LARGE when the broker refuses a message for its size; NOT_DELIVERED after the deadline,
   * in which case some of the messages may have been written.
   */
  send(
    topic: string,
    messages: readonly OutgoingMessage[],
  ): Promise<{ partition: number; baseOffset: number }[]>;
  /** Waits for sends under way. */
  close(): Promise<void>;
}

interface Pending {
  readonly topic: string;
  readonly messages: Message[];
  readonly bytes: number;
  readonly deadline: number;
  resolve(written: { partition: number; baseOffset: number }[]): void;
  reject(error: unknown): void;
}

const compressionTypes = {
  none: CompressionTypes.None,
  gzip: CompressionTypes.GZIP,
  snappy: CompressionTypes.Snappy,
  lz4: CompressionTypes.LZ4,
  zstd: CompressionTypes.ZSTD,
} as const;

/** Apache Kafka's default max.message.bytes is 1048588 for a whole record batch; stay below it unless one message is larger. */
const maxBatchBytes = 900_000;
const maxRequestBytes = 4 * 1024 * 1024;

/**
 * Sends one request at a time and puts what waits meanwhile into the next one. One at a time, because kafkajs numbers an
 * idempotent batch when it is sent and takes the number back when that fails: with two under way, a retry could carry
 * the other's number and be dropped by the broker as its duplicate. For the same reason messages keep their
 * partition over retries (see createPartitioner), and after a failed send the next one starts with a new producer id.
 */
export async function startProducer(
  options: ProducerOptions & {
    readonly kafka: Kafka;
    readonly brokers: readonly string[];
    readonly log: KafkaLog;
  },
): Promise<Producer> {
  const { kafka, brokers, log, idempotent = true, deadlineMs = 30_000 } = options;
  const compression = compressionTypes[options.compression ?? 'none'];
  const partitioner = createPartitioner();
  const queue: Pending[] = [];
  let connected: KafkajsProducer | undefined = await connect();
  let working: Promise<void> | undefined;
  let closed = false;

  async function connect(): Promise<KafkajsProducer> {
    const created = kafka.producer({
      createPartitioner: partitioner.create,
      allowAutoTopicCreation: false,
      idempotent,
      ...(idempotent ? { maxInFlightRequests: 1 } : {}),
      retry: { initialRetryTime: 50, maxRetryTime: 2_000, retries: 8 },
    });
    try {
      await created.connect();
      return created;
    } catch (error) {
      await created.disconnect().catch(() => undefined);
      throw toKafkaError(error, 'connect a producer', brokers);
    }
  }

  async function work(): Promise<void> {
    for (let batch = take(); batch.length > 0; batch = take()) {
      await deliver(batch);
    }
    working = undefined;
  }

  function take(): Pending[] {
    let bytes = 0;
    let count = 0;
    for (const { bytes: size } of queue) {
      if (count > 0 && bytes + size > maxRequestBytes) break;
      bytes += size;
      count += 1;
    }
    return queue.splice(0, count);
  }

  async function deliver(batch: readonly Pending[]): Promise<void> {
    try {
      const results = await attempt(batch);
      for (const [index, { resolve }] of batch.entries()) resolve(results[index] ?? []);
    } catch (error) {
      const failure = toKafkaError(error, 'write to Kafka', brokers);
      // One message nobody can take must not fail the others that happened to travel with it.
      if (batch.length > 1 && !failure.retryable) for (const one of batch) await deliver([one]);
      else for (const { reject } of batch) reject(failure);
    }
  }

  /** Tries until it succeeds, fails for good, or the first deadline is over. What was acknowledged is not sent again. */
  async function attempt(batch: readonly Pending[]): Promise<{ partition: number; baseOffset: number }[][]> {
    const deadline = Math.min(...batch.map((pending) => pending.deadline));
    const written = batch.map(() => new Map<number, number>());
    // Rounds, because kafkajs makes one record batch of all messages of a partition, and that batch is bounded.
    const left = [...rounds(batch)];
    for (let delay = 100; ; delay = Math.min(delay * 2, 2_000)) {
      try {
        for (let round = left[0]; round; left.shift(), round = left[0]) await sendRound(round, written);
        return written.map((offsets) =>
          [...offsets].map(([partition, baseOffset]) => ({ partition, baseOffset })),
        );
      } catch (error) {
        const topics = [...new Set(batch.map(({ topic }) => topic))].join(', ');
        const failure = toKafkaError(error, `write to ${topics}`, brokers);
        if (!failure.retryable || Date.now() + delay > deadline) throw failure;
        log.debug({ err: failure }, 'A write to Kafka failed and is tried again');
        await new Promise((resolve) => setTimeout(resolve, delay));
      }
    }
  }

  async function sendRound(round: readonly Round[], written: readonly Map<number, number>[]): Promise<void> {
    connected ??= await connect();
    const producer = connected;
    try {
      const answers = await producer.sendBatch({
        acks: -1,
        compression,
        timeout: 30_000,
        topicMessages: round.map(({ pending, messages }) => ({ topic: pending.topic, messages })),
      });
      const next = new Map(
        answers.map(({ topicName, partition, baseOffset }) => [
          `${topicName}/${partition}`,
          Number(baseOffset ?? -1),
        ]),
      );
      for (const { pending, index, messages } of round) {
        for (const message of messages) {
          const partition = partitioner.partitionOf(message);
          const place = `${pending.topic}/${partition}`;
          const offset = next.get(place) ?? -1;
          if (!written[index]?.has(partition)) written[index]?.set(partition, offset);
          next.set(place, offset + 1);
        }
      }
    } catch (error) {
      connected = undefined;
      producer.disconnect().catch(() => undefined);
      throw error;
    }
  }

  return {
    send(topic, messages) {
      if (closed) return Promise.reject(new KafkaError('CLOSED', 'The Kafka producer is closed.'));
      if (messages.length === 0) return Promise.resolve([]);
      return new Promise((resolve, reject) => {
        const outgoing = messages.map(toMessage);
        const bytes = outgoing.reduce((sum, message) => sum + sizeOf(message), 0);
        queue.push({ topic, messages: outgoing, bytes, deadline: Date.now() + deadlineMs, resolve, reject });
        working ??= work();
      });
    },
    async close() {
      closed = true;
      await working;
      await connected?.disconnect();
    },
  };
}

interface Round {
  readonly pending: Pending;
  readonly index: number;
  readonly messages: Message[];
}

function* rounds(batch: readonly Pending[]): Generator<Round[]> {
  let round: Round[] = [];
  let bytes = 0;
  for (const [index, pending] of batch.entries()) {
    let messages: Message[] = [];
    for (const message of pending.messages) {
      const size = sizeOf(message);
      if (bytes > 0 && bytes + size > maxBatchBytes) {
        if (messages.length > 0) round.push({ pending, index, messages });
        yield round;
        round = [];
        messages = [];
        bytes = 0;
      }
      messages.push(message);
      bytes += size;
    }
    if (messages.length > 0) round.push({ pending, index, messages });
  }
  if (round.length > 0) yield round;
}

function toMessage({ key, value, headers, partition, timestamp }: OutgoingMessage): Message {
  return {
    key: key ?? null,
    value:
      value === null || typeof value === 'string'
        ? value
        : Buffer.from(value.buffer, value.byteOffset, value.byteLength),
    ...(headers === undefined ? {} : { headers: { ...headers } }),
    ...(partition === undefined ? {} : { partition }),
    ...(timestamp === undefined ? {} : { timestamp: String(timestamp) }),
  };
}

/** Bytes on the wire, a little more than exact. */
function sizeOf({ key, value, headers }: Message): number {
  let size = 24 + Buffer.byteLength(key ?? '') + Buffer.byteLength(value ?? '');
  for (const [name, text] of Object.entries(headers ?? {}))
    size += 8 + name.length + Buffer.byteLength(String(text));
  return size;
}
