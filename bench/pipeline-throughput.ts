/**
 * How many events a second does one processor take from the broker to durable effects? A backlog of the bundled capture's events waits in
 * the broker; the clock runs from the moment the processor has joined its group until it has committed the last record, which it does
 * only when lake files are fsynced and findings, observations and dead letters are acknowledged.
 * `--rules DIR` (may be repeated) takes other rules than the bundled ones.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { generateCapture } from '@parapet/cli/src/capture/generate-capture.ts';
import { topics } from '@parapet/event-model';
import { createKafka, type KafkaClient } from '@parapet/kafka';
import { openLake } from '@parapet/lake';
import { report } from './support/report.ts';

const rounds = 3;
const events = 150_000;
const root = path.join(import.meta.dirname, '..');
const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const { values: given } = parseArgs({ options: { rules: { type: 'string', multiple: true } } });

const capture = generateCapture({ seed: 7, events, end: Date.UTC(2026, 0, 1) });
const expected = capture.filter(({ rejected }) => rejected === undefined).length;
const bytes = capture.reduce((sum, { value }) => sum + value.length, 0);
const rates: number[] = [];
const megabytes: number[] = [];
const cpu: number[] = [];
let rules = 0;
let matched = 0;

for (let round = 0; round < rounds; round += 1) {
  const dir = mkdtempSync(path.join(tmpdir(), 'parapet-bench-pipeline-'));
  const children: ChildProcess[] = [];
  try {
    const broker = await start(children, 'packages/embedded-kafka/src/main.ts', {
      KAFKA_DATA_DIR: path.join(dir, 'kafka'),
    });
    const address = String(broker['kafka']).replace('kafka://', '');
    const kafka = createKafka({ brokers: [address], clientId: 'bench', log: quiet });
    await kafka.ensureTopics(Object.values(topics));
    const producer = await kafka.createProducer();
    for (let from = 0; from < capture.length; from += 2_000) {
      await producer.send(
        topics.rawEvents.name,
        capture.slice(from, from + 2_000).map(({ value }) => ({ value })),
      );
    }
    const processor = await start(children, 'apps/processor/src/main.ts', {
      KAFKA_BROKERS: address,
      LAKE_DIR: path.join(dir, 'lake'),
      ...(given.rules ? { RULES_DIRS: given.rules.map((folder) => path.resolve(folder)).join(':') } : {}),
    });
    const started = performance.now();
    await untilCommitted(kafka);
    const seconds = (performance.now() - started) / 1000;
    const metrics = await (await fetch(`${processor['ops']}/metrics`)).text();
    rules = gauge(metrics, 'parapet_rules_loaded');
    cpu.push(gauge(metrics, 'parapet_process_cpu_seconds_total'));
    matched = gauge(metrics, 'parapet_findings_total');
    await check(path.join(dir, 'lake'), metrics);
    rates.push(expected / seconds);
    megabytes.push(bytes / seconds / 1_000_000);
    await kafka.close();
  } finally {
    for (const child of children) child.kill('SIGKILL');
    rmSync(dir, { recursive: true, force: true });
  }
}

report({
  question: 'pipeline-throughput',
  conditions: {
    events: expected,
    'bytes per event': Math.round(bytes / capture.length),
    'rules loaded': rules,
    'findings per round': matched,
    'processor processes': 1,
    'broker processes': 1,
    partitions: topics.rawEvents.partitions,
    compression: 'none',
    durability:
      'offsets committed after lake files are fsynced and messages acknowledged; broker fsyncs every second',
  },
  figures: [
    { name: 'events through the pipeline', unit: 'events/s', rounds: rates },
    { name: 'raw bytes through the pipeline', unit: 'MB/s', rounds: megabytes },
    { name: 'processor CPU, start included', unit: 's', rounds: cpu },
  ],
  checked: 'every usable event is in the lake once, every unusable one is a dead letter, and rules matched',
});

function start(
  children: ChildProcess[],
  entry: string,
  env: Record<string, string>,
): Promise<Record<string, string>> {
  const child = fork(path.join(root, entry), {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, LOG_LEVEL: 'error', ...env },
  });
  children.push(child);
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`${entry} ended with ${code} before it was ready`)));
    child.on('message', (message: { type?: string; addresses?: Record<string, string> }) => {
      if (message.type === 'ready') resolve(message.addresses ?? {});
    });
  });
}

async function untilCommitted(kafka: KafkaClient): Promise<void> {
  for (;;) {
    const lags = await kafka.groupLag('parapet-processor', [topics.rawEvents.name]);
    if (lags.length > 0 && lags.every(({ lag }) => lag === 0)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function check(dir: string, metrics: string): Promise<void> {
  const lake = await openLake({ dir });
  const found = await lake.count({});
  const withRules = await lake.aggregate({}, 'rules');
  await lake.close();
  if (found !== expected) throw new Error(`the lake has ${found} events, not ${expected}`);
  const refused = gauge(metrics, 'parapet_dead_letters_total');
  if (refused !== capture.length - expected)
    throw new Error(`${refused} dead letters, not ${capture.length - expected}`);
  if (withRules.length === 0) throw new Error('no rule matched');
}

/** The sum of a metric over its labels. */
function gauge(text: string, name: string): number {
  return [...text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'gm'))].reduce(
    (sum, [, value]) => sum + Number(value),
    0,
  );
}
