import { randomUUID } from 'node:crypto';
import {
  commitRaw,
  connectWire,
  fetchRaw,
  initProducerId,
  type WireClient,
} from '@parapet/embedded-kafka/testing';
import { createKafka } from '@parapet/kafka';
import {
  type Admin,
  type Consumer,
  type EachMessagePayload,
  type ITopicConfig,
  Kafka,
  logLevel,
  type Producer,
} from 'kafkajs';
import { afterAll, beforeAll, expect, vi } from 'vitest';
import type { KafkaUnderTest } from './kafka-contract.ts';

/** What every group of contract tests needs: the broker, an admin client, and clients that are closed at the end. */
export interface KafkaFixture {
  readonly broker: KafkaUnderTest;
  readonly admin: Admin;
  readonly kafka: Kafka;
  /** Creates a topic with a name of its own. */
  topic(partitions?: number): Promise<string>;
  createTopic(definition: ITopicConfig): Promise<void>;
  producer(options?: Parameters<Kafka['producer']>[0]): Promise<Producer>;
  wire(): Promise<WireClient>;
  /** Joins a group and hands each message to `onMessage`. */
  consumer(options: {
    readonly groupId: string;
    readonly topic: string;
    readonly sessionTimeout?: number;
    readonly onMessage?: (payload: EachMessagePayload) => void;
  }): Promise<JoinedConsumer>;
}

export interface JoinedConsumer {
  readonly consumer: Consumer;
  readonly memberId: string;
  /** Resolves when the next assignment has `partitions` of the topic. */
  assigned(partitions: number): Promise<void>;
  leave(): Promise<void>;
}

export const uniqueName = (prefix: string) => `${prefix}-${randomUUID().slice(0, 8)}`;

/**
 * Creates a topic and waits until all of it can be used: Apache Kafka tells of topics a little after it made them, its partitions
 * have a leader a little after that, and kafkajs gives up on a topic that is not told of at once.
 */
async function createTopic(admin: Admin, address: string, definition: ITopicConfig): Promise<void> {
  await admin.createTopics({ topics: [definition], waitForLeaders: false });
  const { topic, numPartitions = 1 } = definition;
  const client = await connectWire(address);
  for (let partition = 0; partition < numPartitions; partition += 1) {
    await vi.waitUntil(
      async () => (await fetchRaw(client, topic, partition, { offset: 0 })).error === 0,
      patience,
    );
  }
  client.close();
  await vi.waitFor(() => admin.fetchTopicMetadata({ topics: [topic] }), patience);
}

/** For what Apache Kafka does a little later than it says; the embedded broker has done it when it answers. */
export const patience = { timeout: 20_000, interval: 50 };

/** Coordinator loading, not available, or not here: what Apache Kafka answers until its internal topics are up. */
const coordinatorStarting = [14, 15, 16];

/** @returns the id and epoch of a new idempotent producer. */
export async function newProducerId(client: WireClient): Promise<{ id: bigint; epoch: number }> {
  const answer = await vi.waitUntil(async () => {
    const given = await initProducerId(client);
    return coordinatorStarting.includes(given.error) ? undefined : given;
  }, patience);
  expect(answer.error).toBe(0);
  return answer;
}

/** Commits an offset of partition 0, by default as a client outside of the group. @returns the error code. */
export async function commitOffset(
  ...[client, groupId, ...rest]: Parameters<typeof commitRaw>
): Promise<number> {
  // Apache Kafka makes its topic of offsets when it is first asked who coordinates a group.
  await client.request(10, 2, (writer) => writer.string(groupId).int8(0));
  const { error } = await vi.waitUntil(async () => {
    const code = await commitRaw(client, groupId, ...rest);
    return coordinatorStarting.includes(code) ? undefined : { error: code };
  }, patience);
  return error;
}

/** One broker for a group of tests; use it inside tests only. */
export function useKafka(start: () => Promise<KafkaUnderTest>): KafkaFixture {
  let broker: KafkaUnderTest | undefined;
  let kafka: Kafka | undefined;
  let admin: Admin | undefined;
  const closers: (() => Promise<void> | void)[] = [];

  beforeAll(async () => {
    broker = await start();
    const silent = { debug() {}, info() {}, warn() {}, error() {} };
    // Teaches kafkajs the codecs that it does not bring along.
    await createKafka({ brokers: [broker.address], clientId: 'contract', log: silent }).close();
    kafka = new Kafka({
      brokers: [broker.address],
      clientId: 'contract',
      logLevel: logLevel.NOTHING,
      retry: { initialRetryTime: 50, retries: 20, maxRetryTime: 1000 },
    });
    admin = kafka.admin();
    await admin.connect();
  });

  afterAll(async () => {
    for (const close of closers.reverse()) await close();
    await admin?.disconnect();
    await broker?.stop();
  });

  function started<T>(value: T | undefined): T {
    if (value === undefined)
      throw new Error('the broker is started in beforeAll: use the fixture inside tests only');
    return value;
  }

  return {
    get broker() {
      return started(broker);
    },
    get admin() {
      return started(admin);
    },
    get kafka() {
      return started(kafka);
    },
    createTopic: (definition) => createTopic(started(admin), started(broker).address, definition),
    async topic(partitions = 1) {
      const topic = uniqueName('topic');
      await this.createTopic({ topic, numPartitions: partitions });
      return topic;
    },
    async producer(options) {
      const producer = started(kafka).producer({ allowAutoTopicCreation: false, ...options });
      await producer.connect();
      closers.push(() => producer.disconnect());
      return producer;
    },
    async wire() {
      const client = await connectWire(started(broker).address);
      closers.push(() => client.close());
      return client;
    },
    async consumer({ groupId, topic, sessionTimeout = 10_000, onMessage }) {
      const consumer = started(kafka).consumer({
        groupId,
        sessionTimeout,
        heartbeatInterval: Math.min(1000, sessionTimeout / 3),
        maxWaitTimeInMs: 200,
        rebalanceTimeout: 10_000,
      });
      return joinConsumer(consumer, topic, onMessage ?? (() => {}), closers);
    },
  };
}

async function joinConsumer(
  consumer: Consumer,
  topic: string,
  onMessage: (payload: EachMessagePayload) => void,
  closers: (() => Promise<void> | void)[],
): Promise<JoinedConsumer> {
  let current: { memberId: string; partitions: number } | undefined;
  const waiting = new Set<() => void>();
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    current = { memberId: payload.memberId, partitions: payload.memberAssignment[topic]?.length ?? 0 };
    for (const check of waiting) check();
  });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  let left = false;
  const leave = async () => {
    if (left) return;
    left = true;
    await consumer.disconnect();
  };
  closers.push(leave);

  function until(holds: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const check = () => {
        if (!holds()) return;
        waiting.delete(check);
        resolve();
      };
      waiting.add(check);
      check();
    });
  }

  const joined = until(() => current !== undefined);
  await consumer.run({ eachMessage: async (payload) => onMessage(payload) });
  await joined;
  return {
    consumer,
    get memberId() {
      return current?.memberId ?? '';
    },
    assigned: (partitions) => until(() => current?.partitions === partitions),
    leave,
  };
}

/** Collects items until as many as wanted are there. */
export function collector<T>(): {
  readonly items: T[];
  add(item: T): void;
  until(count: number): Promise<readonly T[]>;
} {
  const items: T[] = [];
  const waiting = new Set<() => void>();
  return {
    items,
    add(item) {
      items.push(item);
      for (const check of waiting) check();
    },
    until: (count) =>
      new Promise((resolve) => {
        const check = () => {
          if (items.length < count) return;
          waiting.delete(check);
          resolve(items);
        };
        waiting.add(check);
        check();
      }),
  };
}
