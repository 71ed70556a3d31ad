import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { defaultRiskWeights } from '@parapet/detection';
import { type Broker, startBroker } from '@parapet/embedded-kafka';
import { DeadLetter, Finding, Observation, RuleLoaded, topics } from '@parapet/event-model';
import { createKafka, type KafkaClient } from '@parapet/kafka';
import { type Lake, openLake } from '@parapet/lake';
import {
  createLifecycle,
  createLogger,
  createMetrics,
  type LifecycleControl,
  type Metrics,
} from '@parapet/service';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startDetectorRole } from './detector-role.ts';

let dir: string;
let broker: Broker;
let kafka: KafkaClient;
let lake: Lake;
let lifecycle: LifecycleControl;
let metrics: Metrics;
const received: Record<'findings' | 'observations' | 'deadLetters' | 'rules', unknown[]> = {
  findings: [],
  observations: [],
  deadLetters: [],
  rules: [],
};
const log = createLogger({ service: 'test', level: 'silent' });
const lakeDir = (): string => path.join(dir, 'lake');
const named = { name: 'logs.endpoints', key: 'none', partitions: 2, retentionMs: -1 };
const wait = { timeout: 20_000, interval: 50 };

beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'parapet-processor-'));
  broker = await startBroker({ dir: path.join(dir, 'kafka') });
  kafka = createKafka({ brokers: [broker.address], clientId: 'test', log });
  await kafka.ensureTopics([named]);
  lifecycle = createLifecycle({ log, deadlineMs: 15_000 });
  metrics = createMetrics('processor');
  await startDetectorRole({
    kafka: { brokers: [broker.address], ssl: false },
    lakeDir: lakeDir(),
    rules: { folders: [path.resolve(import.meta.dirname, '../../../rules')], pollMs: 0 },
    workers: { count: 1, heapMb: 512 },
    analyser: {
      limits: {},
      sourceByTopic: { [named.name]: 'windows-sysmon' },
      riskWeights: defaultRiskWeights,
    },
    log,
    metrics,
    lifecycle,
  });
  lake = await openLake({ dir: lakeDir() });
  await kafka.createConsumer({
    groupId: 'test',
    topics: [topics.findings.name, topics.observations.name, topics.deadLetters.name, topics.rules.name],
    onBatch: async ({ topic, records }) => {
      const key = (Object.keys(received) as (keyof typeof received)[]).find(
        (name) => topics[name].name === topic,
      );
      for (const { value } of records)
        if (key && value) received[key].push(JSON.parse(Buffer.from(value).toString()));
    },
    onCrash: (error) => {
      throw error;
    },
  });
});
afterAll(async () => {
  expect(await lifecycle.stop('the end of the test')).toBe(0);
  await lake.close();
  await kafka.close();
  await broker.stop();
  await rm(dir, { recursive: true });
});

const sysmon = (over: object = {}): object => ({
  Channel: 'Microsoft-Windows-Sysmon/Operational',
  SourceName: 'Microsoft-Windows-Sysmon',
  EventID: 1,
  UtcTime: '2024-05-01 10:00:00.123',
  Hostname: 'ws01.corp.example',
  Image: 'C:\\Windows\\System32\\cmd.exe',
  CommandLine: 'cmd /c dir',
  User: 'CORP\\alice',
  ...over,
});

async function send(
  values: readonly (string | Uint8Array | null)[],
  headers: Record<string, string> = {},
  topic: string = topics.rawEvents.name,
): Promise<void> {
  const producer = await kafka.createProducer();
  await producer.send(
    topic,
    values.map((value) => ({ value, headers })),
  );
  await producer.close();
}

describe('the processor', () => {
  it('turns events into searchable rows with the rules that matched, findings and observations', async () => {
    const command = 'powershell.exe -NoProfile -EncodedCommand SQBFAFgAIAAoAE4AZQB3AC0ATwBiAGoAZQBjAHQA';
    await send(
      [
        JSON.stringify(sysmon()),
        JSON.stringify(
          sysmon({
            Image: 'C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe',
            CommandLine: command,
          }),
        ),
      ],
      { 'parapet-file': 'capture.json' },
    );
    await vi.waitFor(async () => expect(await lake.count({ host: 'ws01' })).toBe(2), wait);
    const { rows } = await lake.search({ text: 'encodedcommand' });
    expect(rows).toMatchObject([
      {
        source: 'windows-sysmon',
        user: 'alice',
        commandLine: command,
        file: 'capture.json',
        time: Date.UTC(2024, 4, 1, 10, 0, 0, 123),
      },
    ]);
    const rules = rows[0]?.rules ?? [];
    expect(rules.length).toBeGreaterThan(0);
    await vi.waitFor(() => expect(received.findings.length).toBeGreaterThanOrEqual(rules.length), wait);
    const findings = received.findings.map((finding) => Finding.parse(finding));
    expect(new Set(findings.map(({ rule }) => rule.id))).toEqual(new Set(rules));
    expect(findings[0]).toMatchObject({
      entities: { host: 'ws01.corp.example', user: 'alice' },
      evidence: [{ id: rows[0]?.id }],
    });
    await vi.waitFor(() => expect(received.observations.length).toBeGreaterThan(0), wait);
    expect(Observation.parse(received.observations[0]).names[0]?.handle).toBe(rows[0]?.assets[0]);
  });

  it('tells the rules it uses', async () => {
    await vi.waitFor(() => expect(received.rules.length).toBeGreaterThanOrEqual(40), wait);
    for (const rule of received.rules) RuleLoaded.parse(rule);
  });

  it('sends what cannot be used to the dead letters, with reason and origin, and processes everything around it', async () => {
    const before = await lake.count({});
    const good = (name: string): string => JSON.stringify(sysmon({ Hostname: name }));
    const deep = `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`;
    await send([
      good('good-1'),
      new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0, 1, 2, 255]),
      Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xff, 0xfe]), Buffer.from('"}')]),
      good('good-2'),
      JSON.stringify(sysmon({ padding: 'x'.repeat(2 * 1024 * 1024) })),
      deep,
      JSON.stringify(sysmon({ UtcTime: '30000-01-01 00:00:00.000' })),
      '',
      null,
      `${good('good-3')}\n{"bad": \n${good('good-4')}`,
      '{"Channel":"Microsoft-Windows-Sysmon/Operational","SourceName":"Microsoft-Windows-Sysmon","EventID":1,"Hostname":"first","Hostname":"good-5","UtcTime":"2024-05-01 10:00:00.000"}',
      '"just a string"',
      good('good-6'),
    ]);
    await vi.waitFor(async () => expect(await lake.count({ text: 'good-6' })).toBe(1), wait);
    for (const name of ['good-1', 'good-2', 'good-3', 'good-4', 'good-5', 'good-6']) {
      expect(await lake.count({ host: name }), name).toBe(1);
    }
    await vi.waitFor(() => expect(received.deadLetters.length).toBeGreaterThanOrEqual(8), wait);
    const letters = received.deadLetters.map((letter) => DeadLetter.parse(letter));
    const reasons = letters.map(({ reason }) => reason);
    expect(reasons).toEqual(
      expect.arrayContaining([
        'invalid_utf8',
        'too_large',
        'too_deep',
        'empty_record',
        'invalid_json',
        'not_an_object',
        'invalid_time',
      ]),
    );
    expect(letters.find(({ reason }) => reason === 'too_large')).toMatchObject({
      bytesTruncated: true,
      topic: 'parapet.events.raw',
    });
    // Nothing is lost without being told: each of the 15 lines is a row or a dead letter.
    expect((await lake.count({})) - before + letters.length).toBe(15);
    const topicId = await kafka.topicId(topics.rawEvents.name);
    expect(letters.every(({ origin }) => origin.topicId === topicId)).toBe(true);
    const bad = letters.find(({ origin, reason }) => reason === 'invalid_json' && origin.line === 1);
    expect(Buffer.from(bad?.bytes ?? '', 'base64').toString()).toBe('{"bad":');
  });

  it('reads every compression that clients write', async () => {
    for (const compression of ['gzip', 'snappy', 'lz4', 'zstd'] as const) {
      const producer = await kafka.createProducer({ compression });
      await producer.send(topics.rawEvents.name, [
        { value: JSON.stringify(sysmon({ Hostname: `by-${compression}` })) },
      ]);
      await producer.close();
    }
    for (const compression of ['gzip', 'snappy', 'lz4', 'zstd']) {
      await vi.waitFor(async () => expect(await lake.count({ host: `by-${compression}` })).toBe(1), wait);
    }
  });

  it('reads a topic that was named with its source, and takes for that source what is there', async () => {
    await send([JSON.stringify({ Hostname: 'by-topic', anything: 'at all' })], {}, named.name);
    await vi.waitFor(async () => expect(await lake.count({ host: 'by-topic' })).toBe(1), wait);
    const { rows } = await lake.search({ host: 'by-topic' });
    expect(rows).toMatchObject([
      { source: 'windows-sysmon', topicId: await kafka.topicId(named.name), offset: 0 },
    ]);
  });

  it('counts what it does', async () => {
    const lags = (text: string): string[] => text.match(/parapet_consumer_lag_records\{.*/g) ?? [];
    await vi.waitFor(async () => {
      const found = lags(await metrics.page());
      expect(found).toHaveLength(topics.rawEvents.partitions + named.partitions);
      for (const line of found) expect(line).toMatch(/ 0$/);
    }, wait);
    const text = await metrics.page();
    expect(text).toMatch(/parapet_events_total\{source="windows-sysmon",service="processor"\} \d+/);
    expect(text).toMatch(/parapet_dead_letters_total\{reason="too_large",service="processor"\} 1/);
    expect(text).toMatch(/parapet_rules_loaded\{service="processor"\} \d\d/);
    expect(text).toMatch(/parapet_batch_seconds_count\{service="processor",stage="lake"\} [1-9]/);
  });
});
