import { createDatabase, type Database } from '@parapet/database';
import { createTestDatabase, type TestDatabase } from '@parapet/database/testing';
import { AlertChange } from '@parapet/event-model';
import type { OutgoingMessage } from '@parapet/kafka';
import { createLogger, createMetrics } from '@parapet/service';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { type AlertPublisher, type AlertPublisherOptions, createAlertPublisher } from './alert-publisher.ts';
import { type AlertWriter, createAlertWriter } from './alert-writer.ts';
import { createThreatsTelemetry } from './telemetry.ts';
import { aFinding } from './testing/a-finding.ts';

let testDatabase: TestDatabase;
let database: Database;
let writer: AlertWriter;
const running: AlertPublisher[] = [];

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  database = createDatabase({ url: testDatabase.url });
});
beforeEach(async () => {
  await database.prisma.$executeRaw`TRUNCATE alerts, alert_evidence, alert_changes RESTART IDENTITY CASCADE`;
  writer = createAlertWriter({ prisma: database.prisma, now: Date.now, onCommitted: () => {} });
});
afterEach(async () => {
  for (const publisher of running.splice(0)) await publisher.stop(AbortSignal.timeout(5000));
});
afterAll(async () => {
  await database?.close();
  await testDatabase?.close();
});

const metrics = createMetrics('test');
const telemetry = createThreatsTelemetry(metrics);

/** A topic in memory that can be told to fail. */
function createTopic() {
  const sent: AlertChange[] = [];
  const topic = {
    sent,
    failAfterWriting: 0,
    failing: false,
    async send(_: string, messages: readonly OutgoingMessage[]) {
      if (topic.failing) throw new Error('Kafka is away');
      sent.push(...messages.map(({ value }) => AlertChange.parse(JSON.parse(String(value)))));
      if (topic.failAfterWriting-- > 0) throw new Error('the acknowledgement was lost');
      return [{ partition: 0, baseOffset: 0 }];
    },
  };
  return topic;
}

function publish(
  producer: AlertPublisherOptions['producer'],
  overrides: Partial<AlertPublisherOptions> = {},
) {
  const publisher = createAlertPublisher({
    prisma: database.prisma,
    producer,
    tellPending: () => writer.tellPending(),
    log: createLogger({ service: 'test', level: 'silent' }),
    telemetry,
    pollMs: 60_000,
    ...overrides,
  });
  running.push(publisher);
  return publisher;
}

const raise = (...fingerprints: string[]) =>
  writer.applyFindings(fingerprints.map((fingerprint) => aFinding({ fingerprint })));

const until = (check: () => void | Promise<void>) => vi.waitFor(check, { timeout: 10_000, interval: 10 });
const unpublished = () => database.prisma.alertChange.count({ where: { publishedAt: null } });

test('what was committed before the start is published, and then what it is woken for', async () => {
  await raise('a', 'b');
  const topic = createTopic();
  const publisher = publish(topic);
  await until(() => expect(topic.sent.map(({ sequence }) => sequence)).toEqual([1, 2]));
  await raise('c');
  publisher.wake();
  await until(() => expect(topic.sent.map(({ sequence }) => sequence)).toEqual([1, 2, 3]));
  await until(async () => expect(await unpublished()).toBe(0));
});

test('more changes than one batch are published in order', async () => {
  await raise(...Array.from({ length: 1200 }, (_, i) => `many-${i}`));
  const topic = createTopic();
  publish(topic);
  await until(() => expect(topic.sent).toHaveLength(1200));
  expect(topic.sent.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 1200 }, (_, i) => i + 1));
});

test('what was sent but not marked comes again with the same sequence, and nothing is left out', async () => {
  await raise('a');
  const topic = createTopic();
  topic.failAfterWriting = 1;
  publish(topic);
  await until(() => expect(topic.sent).toHaveLength(2));
  expect(topic.sent[0]).toEqual(topic.sent[1]);
  await until(async () => expect(await unpublished()).toBe(0));
});

test('while Kafka is away nothing is lost, and publishing goes on by itself when it is back', async () => {
  const topic = createTopic();
  topic.failing = true;
  const publisher = publish(topic);
  await raise('a', 'b');
  publisher.wake();
  await until(async () => expect(await unpublished()).toBe(2));
  topic.failing = false;
  await until(() => expect(topic.sent.map(({ sequence }) => sequence)).toEqual([1, 2]));
});

test('several publishers send each change once, in order', async () => {
  const topic = createTopic();
  const publishers = [publish(topic), publish(topic), publish(topic)];
  for (let round = 0; round < 10; round++) {
    await raise(`round-${round}`);
    for (const publisher of publishers) publisher.wake();
  }
  await until(() => expect(topic.sent).toHaveLength(10));
  expect(topic.sent.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
});

test('an update that had to wait is told without anybody asking', async () => {
  const topic = createTopic();
  publish(topic, { pollMs: 20 });
  await writer.applyFindings([aFinding({ matches: [[1, 1, 10]] })]);
  await writer.applyFindings([aFinding({ matches: [[2, 4, 20]] })]);
  await until(() => expect(topic.sent.at(-1)).toMatchObject({ change: 'updated', alert: { count: 5 } }));
  expect(topic.sent).toHaveLength(2);
});

test('stopping publishes what is committed by then', async () => {
  const topic = createTopic();
  const publisher = publish(topic);
  await until(async () => expect(await unpublished()).toBe(0));
  await raise('late');
  await publisher.stop(AbortSignal.timeout(5000));
  expect(topic.sent.map(({ sequence }) => sequence)).toEqual([1]);
});

test('published changes are forgotten after their time, others never', async () => {
  const topic = createTopic();
  await raise('old');
  const publisher = publish(topic, { pollMs: 20, keepMs: 0, pruneEveryMs: 0 });
  await until(async () => expect(await database.prisma.alertChange.count()).toBe(0));
  topic.failing = true;
  await raise('kept');
  publisher.wake();
  await until(async () => expect(await unpublished()).toBe(1));
  topic.failing = false;
  await until(() => expect(topic.sent.map(({ sequence }) => sequence)).toEqual([1, 2]));
});
