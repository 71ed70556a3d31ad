import type { TopicDefinition } from '@parapet/event-model';
import { type Admin, Kafka, logLevel, type SASLOptions } from 'kafkajs';
import { calmRequestQueue } from './calm-request-queue.ts';
import { registerCodecs } from './codecs.ts';
import { type Consumer, type ConsumerOptions, startConsumer } from './consumer.ts';
import { toKafkaError } from './kafka-error.ts';
import { type KafkaLog, toKafkajsLog } from './kafka-log.ts';
import { type Producer, type ProducerOptions, startProducer } from './producer.ts';
import type { KafkaSasl } from './sasl.ts';
import { createTopicIds } from './topic-ids.ts';

export interface KafkaOptions {
  /** `host:port` of at least one broker. */
  readonly brokers: readonly string[];
  /** How this process is called in the broker's logs. */
  readonly clientId: string;
  readonly ssl?: boolean;
  readonly sasl?: KafkaSasl;
  readonly log: KafkaLog;
}

/** How far a consumer group is behind on one partition. */
export interface PartitionLag {
  readonly topic: string;
  readonly partition: number;
  /** Next offset the group will read; null when it never committed one. */
  readonly committed: number | null;
  /** Offset after the last record. */
  readonly end: number;
  readonly lag: number;
}

export interface KafkaClient {
  /** Creates the topics that do not exist. Topics that exist are left as they are. */
  ensureTopics(definitions: readonly TopicDefinition[]): Promise<void>;
  /** The topic's Kafka id (KIP-516) as Kafka prints it; where the broker knows no ids, a hash of the name. */
  topicId(topic: string): Promise<string>;
  /** How many partitions the topic has. */
  partitionCount(topic: string): Promise<number>;
  createProducer(options?: ProducerOptions): Promise<Producer>;
  /** Resolves once the group has been joined. */
  createConsumer(options: ConsumerOptions): Promise<Consumer>;
  groupLag(groupId: string, topics: readonly string[]): Promise<PartitionLag[]>;
  /** Forgets a group that has no members any more, and its offsets. */
  deleteGroup(groupId: string): Promise<void>;
  /** Throws unless the cluster answers. */
  ping(): Promise<void>;
  /** Closes what this client opened: producers and consumers that were not closed yet, too. */
  close(): Promise<void>;
}

/** Largest record batch our topics take: a 2 MB event must reach the processor, which then says why it refuses it. */
const maxMessageBytes = 8 * 1024 * 1024;

/**
 * The way to Kafka. Nothing is connected before it is needed.
 * @throws {KafkaError} from every method, as a sentence that says what to do.
 */
export function createKafka(options: KafkaOptions): KafkaClient {
  registerCodecs();
  calmRequestQueue();
  const { brokers, log } = options;
  const kafka = new Kafka({
    clientId: options.clientId,
    brokers: [...brokers],
    ...(options.ssl === undefined ? {} : { ssl: options.ssl }),
    ...(options.sasl === undefined ? {} : { sasl: toSaslOptions(options.sasl) }),
    connectionTimeout: 5_000,
    authenticationTimeout: 10_000,
    requestTimeout: 30_000,
    retry: { initialRetryTime: 100, maxRetryTime: 5_000, retries: 6 },
    logLevel: logLevel.INFO,
    logCreator: toKafkajsLog(log),
  });
  const topicIds = createTopicIds(options);
  const open = new Set<{ close(): Promise<void> }>();
  let admin: Promise<Admin> | undefined;

  async function ask<T>(doing: string, question: (admin: Admin) => Promise<T>): Promise<T> {
    try {
      admin ??= connectAdmin();
      return await question(await admin);
    } catch (error) {
      throw toKafkaError(error, doing, brokers);
    }
  }

  async function connectAdmin(): Promise<Admin> {
    const created = kafka.admin();
    try {
      await created.connect();
      return created;
    } catch (error) {
      admin = undefined;
      await created.disconnect().catch(() => undefined);
      throw error;
    }
  }

  async function keep<T extends { close(): Promise<void> }>(starting: Promise<T>): Promise<T> {
    const resource = await starting;
    open.add(resource);
    return { ...resource, close: () => (open.delete(resource) ? resource.close() : Promise.resolve()) };
  }

  return {
    ensureTopics: (definitions) =>
      ask('create the topics', async (connected) => {
        const existing = new Set(await connected.listTopics());
        const missing = definitions.filter(({ name }) => !existing.has(name));
        if (missing.length === 0) return;
        await connected.createTopics({
          waitForLeaders: true,
          timeout: 15_000,
          topics: missing.map(({ name, partitions, retentionMs }) => ({
            topic: name,
            numPartitions: partitions,
            configEntries: [
              { name: 'retention.ms', value: String(retentionMs) },
              { name: 'max.message.bytes', value: String(maxMessageBytes) },
            ],
          })),
        });
      }),
    topicId: (topic) => topicIds.get(topic),
    partitionCount: (topic) =>
      ask(`look at the topic ${topic}`, async (connected) => {
        const { topics } = await connected.fetchTopicMetadata({ topics: [topic] });
        return topics[0]?.partitions.length ?? 0;
      }),
    createProducer: (producerOptions = {}) =>
      keep(startProducer({ kafka, brokers, log, ...producerOptions })),
    createConsumer: (consumerOptions) =>
      keep(startConsumer({ kafka, brokers, log, topicIds }, consumerOptions)),
    groupLag: (groupId, topics) =>
      ask(`read the offsets of group ${groupId}`, async (connected) => {
        const committed = await connected.fetchOffsets({ groupId, topics: [...topics] });
        const lags = await Promise.all(
          committed.map(async ({ topic, partitions }) => {
            const ends = await connected.fetchTopicOffsets(topic);
            return ends.map(({ partition, high, low }) => {
              const offset = Number(partitions.find((p) => p.partition === partition)?.offset ?? -1);
              const from = Math.max(offset, Number(low));
              return {
                topic,
                partition,
                committed: offset < 0 ? null : offset,
                end: Number(high),
                lag: Math.max(0, Number(high) - from),
              };
            });
          }),
        );
        return lags.flat().sort((a, b) => a.topic.localeCompare(b.topic) || a.partition - b.partition);
      }),
    deleteGroup: (groupId) =>
      ask(`delete the group ${groupId}`, async (connected) => {
        await connected.deleteGroups([groupId]);
      }),
    ping: () =>
      ask('reach the cluster', async (connected) => {
        await connected.describeCluster();
      }),
    async close() {
      await Promise.all([...open].map((resource) => resource.close()));
      open.clear();
      const connected = await admin?.catch(() => undefined);
      admin = undefined;
      await connected?.disconnect();
    },
  };
}

function toSaslOptions({ mechanism, username, password }: KafkaSasl): SASLOptions {
  return { mechanism, username, password };
}
