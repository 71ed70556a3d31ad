import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Worker } from 'node:worker_threads';
import { defaultRiskWeights } from '@parapet/detection';
import { type Broker, startBroker } from '@parapet/embedded-kafka';
import { Finding, RuleLoaded, topics } from '@parapet/event-model';
import { createKafka, type KafkaClient } from '@parapet/kafka';
import { type EventCursor, type Lake, openLake } from '@parapet/lake';
import {
  createLifecycle,
  createLogger,
  createMetrics,
  type LifecycleControl,
  type Metrics,
} from '@parapet/service';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startDetectorRole } from './detector-role.ts';

const raw = topics.rawEvents.name;
const wait = { timeout: 60_000, interval: 50 };
const silent = createLogger({ service: 'test', level: 'silent' });
let dir: string;
let broker: Broker;
let kafka: KafkaClient;
let lake: Lake;
let lifecycle: LifecycleControl;
let metrics: Metrics;
let sent = 0;
const threads: Worker[] = [];
const logged: Record<string, unknown>[] = [];
const findings: Finding[] = [];
const rulesTold: string[] = [];
const inLake = (): string => path.join(dir, 'lake');
const ruleFile = (name: string): string => path.join(dir, 'rules', `${name}.yml`);

const id = (n: number): string => `${n}1111111-1111-4111-8111-111111111111`;
const aRule = (n: number, title: string): string =>
  `title: ${title}\nid: ${id(n)}\nlogsource:\n  product: windows\n  category: process_creation\ndetection:\n  selection:\n    CommandLine|contains: echo\n  condition: selection\nlevel: high\n`;

async function writeRule(name: string, text: string): Promise<void> {
  await writeFile(`${ruleFile(name)}.tmp`, text);
  await rename(`${ruleFile(name)}.tmp`, ruleFile(name));
}

async function startProcessor(): Promise<void> {
  lifecycle = createLifecycle({ log: silent, deadlineMs: 15_000 });
  metrics = createMetrics('processor');
  await startDetectorRole({
    kafka: { brokers: [broker.address], ssl: false },
    lakeDir: inLake(),
    rules: { folders: [path.join(dir, 'rules')], pollMs: 100 },
    workers: { count: 2, heapMb: 512 },
    analyser: { limits: {}, sourceByTopic: {}, riskWeights: defaultRiskWeights },
    log: createLogger({
      service: 'processor',
      stream: { write: (line) => logged.push(JSON.parse(line) as Record<string, unknown>) },
    }),
    metrics,
    lifecycle,
  });
}

beforeAll(async () => {
  process.on('worker', (thread) => threads.push(thread));
  dir = await mkdtemp(path.join(tmpdir(), 'parapet-workers-'));
  await mkdir(path.join(dir, 'rules'));
  await writeRule('first', aRule(1, 'First'));
  broker = await startBroker({ dir: path.join(dir, 'kafka') });
  kafka = createKafka({ brokers: [broker.address], clientId: 'test', log: silent });
  await startProcessor();
  lake = await openLake({ dir: inLake() });
  await kafka.createConsumer({
    groupId: 'test',
    topics: [topics.findings.name, topics.rules.name],
    onBatch: async ({ topic, records }) => {
      for (const { value } of records) {
        const message: unknown = JSON.parse(Buffer.from(value ?? '').toString());
        if (topic === topics.rules.name) rulesTold.push(RuleLoaded.parse(message).rule.title);
        else findings.push(Finding.parse(message));
      }
    },
    onCrash: (error) => {
      throw error;
    },
  });
});
afterAll(async () => {
  await lifecycle.stop('the end of the test');
  await lake.close();
  await kafka.close();
  await broker.stop();
  await rm(dir, { recursive: true });
});

/** Small sends to every partition in turn. */
async function send(count: number): Promise<void> {
  const producer = await kafka.createProducer();
  for (let from = 0; from < count; from += 100) {
    const messages = Array.from({ length: Math.min(100, count - from) }, () => ({
      value: JSON.stringify({
        Channel: 'Microsoft-Windows-Sysmon/Operational',
        SourceName: 'Microsoft-Windows-Sysmon',
        EventID: 1,
        UtcTime: '2024-05-01 10:00:00.123',
        Hostname: 'ws01',
        Image: 'C:\\Windows\\System32\\cmd.exe',
        CommandLine: `cmd /c echo ${sent}`,
      }),
      partition: sent++ % topics.rawEvents.partitions,
    }));
    await producer.send(raw, messages);
  }
  await producer.close();
}

const generation = async (): Promise<number> =>
  Number(/^parapet_rules_generation\{.*\} (\d+)$/m.exec(await metrics.page())?.[1]);

/** The records that a rule matched, by partition, in the order in which they were told. */
function matchedBy(n: number): Map<number, number[]> {
  const matched = new Map<number, number[]>();
  for (const { rule, partition, matches } of findings) {
    if (rule.id !== id(n)) continue;
    const offsets = matched.get(partition) ?? [];
    matched.set(partition, offsets);
    for (const [offset] of matches) offsets.push(offset);
  }
  return matched;
}

const total = (matched: ReadonlyMap<number, readonly number[]>): number =>
  [...matched.values()].reduce((sum, { length }) => sum + length, 0);

async function origins(): Promise<string[]> {
  const found: string[] = [];
  let after: EventCursor | undefined;
  do {
    const page = await lake.search({}, { first: 1000, ...(after ? { after } : {}) });
    found.push(...page.rows.map(({ partition, offset, line }) => `${partition}/${offset}/${line}`));
    after = page.next;
  } while (after);
  return found;
}

describe('two workers', () => {
  it('share the partitions and are both ready when the start is over', async () => {
    await vi.waitFor(() => {
      const last = new Map(
        logged
          .filter(({ msg }) => msg === 'Joined the consumer group')
          .map(({ worker, partitions }) => [worker, partitions]),
      );
      expect([...last].sort()).toEqual([
        [1, topics.rawEvents.partitions / 2],
        [2, topics.rawEvents.partitions / 2],
      ]);
    }, wait);
    expect(await lifecycle.failingChecks()).toEqual([]);
  });

  it('make the effects of every event once, in the order of each partition', async () => {
    await send(6_000);
    await vi.waitFor(async () => expect(await lake.count({})).toBe(sent), wait);
    await vi.waitFor(() => expect(total(matchedBy(1))).toBe(sent), wait);
    const each = Array.from({ length: sent / topics.rawEvents.partitions }, (_, offset) => offset);
    for (const offsets of matchedBy(1).values()) expect(offsets).toEqual(each);
    expect(new Set(await origins()).size).toBe(sent);
  });

  it('show one page of metrics', async () => {
    const page = await metrics.page();
    expect(page).toContain(`parapet_events_total{source="windows-sysmon",service="processor"} ${sent}\n`);
    expect(page).toContain('parapet_workers{service="processor"} 2\n');
    expect(page).toMatch(/^parapet_rules_loaded\{service="processor"\} 1$/m);
    for (const worker of [1, 2])
      expect(page).toMatch(
        new RegExp(`^parapet_worker_heap_bytes\\{worker="${worker}",service="processor"\\} [1-9]`, 'm'),
      );
    expect(page.match(/^parapet_consumer_lag_records\{.*\} 0$/gm)).toHaveLength(topics.rawEvents.partitions);
  });

  it('take a new rule over under load: nothing is lost or told twice, and each partition changes over once', async () => {
    const before = sent;
    const sending = send(12_000);
    await vi.waitFor(async () => expect(await lake.count({})).toBeGreaterThan(before + 1_000), wait);
    await writeRule('second', aRule(2, 'Second'));
    await vi.waitFor(async () => expect(await generation()).toBe(2), wait);
    await sending;
    await send(1_200);
    await vi.waitFor(async () => expect(await lake.count({})).toBe(sent), wait);
    await vi.waitFor(() => expect(total(matchedBy(1))).toBe(sent), wait);
    const each = Array.from({ length: sent / topics.rawEvents.partitions }, (_, offset) => offset);
    for (const offsets of matchedBy(1).values()) expect(offsets).toEqual(each);
    await vi.waitFor(() => expect(matchedBy(2).size).toBe(topics.rawEvents.partitions), wait);
    await vi.waitFor(() => {
      for (const offsets of matchedBy(2).values()) expect(offsets).toEqual(each.slice(offsets[0]));
    }, wait);
    expect(new Set(await origins()).size).toBe(sent);
  });

  it('tell only of rules that are new or changed', async () => {
    await vi.waitFor(() => expect(rulesTold).toEqual(['First', 'Second']), wait);
    await writeRule('second', aRule(2, 'Second, changed'));
    await vi.waitFor(() => expect(rulesTold).toEqual(['First', 'Second', 'Second, changed']), wait);
    expect(await generation()).toBe(3);
  });

  it('keep the rules in use when a file of them is broken, say which, and take the mended one', async () => {
    await writeRule('first', aRule(1, 'First').replace('condition: selection', 'condition: nothing'));
    await vi.waitFor(
      async () =>
        expect(await metrics.page()).toContain(
          'parapet_rules_reload_failures_total{service="processor"} 1\n',
        ),
      wait,
    );
    expect(await generation()).toBe(3);
    expect(logged.findLast(({ level }) => level === 'error')?.['msg']).toMatch(
      /stays in use\. A rule in use was broken: .*first\.yml:\d+:\d+: The condition names `nothing`/,
    );
    await send(120);
    await vi.waitFor(() => expect(total(matchedBy(1))).toBe(sent), wait);
    await writeRule('first', aRule(1, 'First, mended'));
    await vi.waitFor(async () => expect(await generation()).toBe(4), wait);
  });

  it('finish and commit what they have when they are stopped under load, and leave the rest to the next', async () => {
    const sending = send(6_000);
    const before = await lake.count({});
    await vi.waitFor(async () => expect(await lake.count({})).toBeGreaterThan(before), wait);
    expect(await lifecycle.stop('a test')).toBe(0);
    const lags = await kafka.groupLag('parapet-processor', [raw]);
    expect(lags.reduce((sum, { committed }) => sum + (committed ?? 0), 0)).toBe(await lake.count({}));
    await sending;
    await startProcessor();
    await vi.waitFor(async () => expect(await lake.count({})).toBe(sent), wait);
    await vi.waitFor(() => expect(total(matchedBy(1))).toBe(sent), wait);
    for (const offsets of matchedBy(1).values()) expect(offsets).toEqual([...offsets].sort((a, b) => a - b));
    expect(new Set(await origins()).size).toBe(sent);
  });

  it('end the process in order when one of them dies under load, and the next loses and repeats nothing', async () => {
    const sending = send(6_000);
    const before = await lake.count({});
    await vi.waitFor(async () => expect(await lake.count({})).toBeGreaterThan(before), wait);
    await threads.at(-1)?.terminate();
    expect(await lifecycle.stopped).toBe(1);
    await sending;
    await startProcessor();
    await vi.waitFor(async () => expect(await lake.count({})).toBe(sent), wait);
    // What the dead worker had told of and not committed is told again; who counts goes by the offset.
    const each = Array.from({ length: sent / topics.rawEvents.partitions }, (_, offset) => offset);
    await vi.waitFor(() => {
      for (const offsets of matchedBy(1).values())
        expect([...new Set(offsets)].sort((a, b) => a - b)).toEqual(each);
    }, wait);
    expect(new Set(await origins()).size).toBe(sent);
  });

  it('write whole log lines, with their number', () => {
    for (const worker of [1, 2])
      expect(logged.filter((line) => line['worker'] === worker).length).toBeGreaterThan(0);
    expect(logged.every(({ service }) => service === 'processor')).toBe(true);
  });
}, 180_000);
