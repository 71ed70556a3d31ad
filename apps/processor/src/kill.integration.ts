import { type ChildProcess, fork } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Broker, startBroker } from '@parapet/embedded-kafka';
import { topics } from '@parapet/event-model';
import { createKafka, type KafkaClient } from '@parapet/kafka';
import { type EventCursor, type Lake, openLake } from '@parapet/lake';
import { createLogger } from '@parapet/service';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';

const events = 12_000;
const kills = 4;
const log = createLogger({ service: 'test', level: 'silent' });
let dir: string;
let broker: Broker;
let kafka: KafkaClient;
let lake: Lake;
let child: ChildProcess | undefined;

beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'parapet-kill-'));
  broker = await startBroker({ dir: path.join(dir, 'kafka') });
  kafka = createKafka({ brokers: [broker.address], clientId: 'test', log });
  await kafka.ensureTopics(Object.values(topics));
  lake = await openLake({ dir: path.join(dir, 'lake') });
});
afterAll(async () => {
  child?.kill('SIGKILL');
  await lake.close();
  await kafka.close();
  await broker.stop();
  await rm(dir, { recursive: true });
});

function startProcessor(): ChildProcess {
  return fork(path.join(import.meta.dirname, 'main.ts'), {
    stdio: 'ignore',
    env: {
      PATH: process.env['PATH'],
      KAFKA_BROKERS: broker.address,
      LAKE_DIR: path.join(dir, 'lake'),
      LOG_LEVEL: 'silent',
      PROCESSOR_WORKERS: '2',
    },
  });
}

const exitOf = (process: ChildProcess): Promise<number | null> =>
  new Promise((resolve) => process.once('exit', (code) => resolve(code)));

/** Every row's place in the log, however many there are. */
async function places(): Promise<string[]> {
  const found: string[] = [];
  let after: EventCursor | undefined;
  do {
    const page = await lake.search({}, { first: 1000, ...(after ? { after } : {}) });
    found.push(...page.rows.map(({ partition, offset, line }) => `${partition}/${offset}/${line}`));
    after = page.next;
  } while (after);
  return found;
}

it('has every event in the lake exactly once after it was killed again and again', async () => {
  const producer = await kafka.createProducer();
  const sending = (async () => {
    for (let from = 0; from < events; from += 200) {
      const values = Array.from({ length: 200 }, (_, i) =>
        JSON.stringify({
          Channel: 'Microsoft-Windows-Sysmon/Operational',
          SourceName: 'Microsoft-Windows-Sysmon',
          EventID: 1,
          UtcTime: '2024-05-01 10:00:00.123',
          Hostname: `ws${(from + i) % 20}`,
          Image: 'C:\\Windows\\System32\\cmd.exe',
          CommandLine: `cmd /c echo ${from + i}`,
        }),
      );
      await producer.send(
        topics.rawEvents.name,
        values.map((value) => ({ value })),
      );
    }
  })();
  for (let round = 0; round < kills; round++) {
    child = startProcessor();
    const exited = exitOf(child);
    // Killed as soon as it made some progress, at a place that differs from round to round.
    const target = (await lake.count({})) + 1 + 300 * round;
    await vi.waitFor(
      async () => expect(await lake.count({})).toBeGreaterThanOrEqual(Math.min(target, events)),
      {
        timeout: 60_000,
        interval: 3 + 7 * round,
      },
    );
    child.kill('SIGKILL');
    await exited;
  }
  child = startProcessor();
  await sending;
  await vi.waitFor(async () => expect(await lake.count({})).toBeGreaterThanOrEqual(events), {
    timeout: 60_000,
    interval: 100,
  });
  await vi.waitFor(
    async () => {
      const lags = await kafka.groupLag('parapet-processor', [topics.rawEvents.name]);
      expect(lags.reduce((sum, { lag }) => sum + lag, 0)).toBe(0);
    },
    { timeout: 60_000, interval: 100 },
  );
  const found = await places();
  expect(found).toHaveLength(events);
  expect(new Set(found).size).toBe(events);
  const exited = exitOf(child);
  // Reads the rules again, and no more.
  child.kill('SIGHUP');
  child.kill('SIGTERM');
  expect(await exited).toBe(0);
}, 180_000);
