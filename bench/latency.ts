/**
 * How long does it take from producing an event to the alert at a subscriber, at a stated rate? The whole platform as `parapet up`
 * starts it (embedded broker and PostgreSQL, every process), one producer with acks=-1, one graphql-ws subscriber whose selection
 * spans two subgraphs. Usage: `npm run bench -- latency`.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { topics } from '@parapet/event-model';
import { createKafka, type Producer } from '@parapet/kafka';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { eventually, graphql } from '../tests/support/graphql.ts';
import { listRules } from '../tests/support/list-rules.ts';
import {
  type Platform,
  rulesFolder,
  runParapet,
  startPlatform,
  temporaryFolder,
} from '../tests/support/platform.ts';
import { report } from './support/report.ts';

const eventsPerSecond = 1000;
const alertsPerSecond = 10;
const roundSeconds = 10;
const rounds = 5;
const tickMs = 20;

const perTick = (eventsPerSecond * tickMs) / 1000;
const ticksPerProbe = 1000 / tickMs / alertsPerSecond;

const { folder, remove } = temporaryFolder();
const platform = await startPlatform(folder);
const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const kafka = createKafka({ brokers: [platform.kafkaBrokers], clientId: 'bench-latency', log: quiet });
try {
  const producer = await kafka.createProducer();
  const background = await backgroundEvents();
  const subscriber = await subscribe(platform);
  // One round unmeasured: code is compiled, connections are opened, plans are cached.
  await runRound(0, producer, background, subscriber.arrived);
  const measured: number[][] = [];
  for (let round = 1; round <= rounds; round++)
    measured.push(await runRound(round, producer, background, subscriber.arrived));
  await subscriber.close();
  const sent = (rounds + 1) * roundSeconds * eventsPerSecond;
  await eventually(
    () => graphql<{ eventCount: number }>(platform, '{ eventCount }'),
    ({ eventCount }) => eventCount === sent,
  );
  const at = (share: number) => measured.map((values) => percentile(values, share));
  report({
    question: 'latency',
    conditions: {
      'events/s': eventsPerSecond,
      'alerts/s': alertsPerSecond,
      'bytes per event': Math.round(
        background.reduce((sum, { length }) => sum + length, 0) / background.length,
      ),
      'rules loaded': listRules(rulesFolder).length,
      'seconds a round': roundSeconds,
      processes:
        'broker, PostgreSQL, processor, three subgraphs, gateway; producer and subscriber in one more',
      durability:
        'lake file and alert transaction synced to disk before the alert is published; broker syncs every interval',
      clock: 'from before the send of the record to the arrival of the alert with its asset, in one process',
    },
    figures: [
      { name: 'p50', unit: 'ms', rounds: at(0.5) },
      { name: 'p99', unit: 'ms', rounds: at(0.99) },
      { name: 'largest', unit: 'ms', rounds: at(1) },
    ],
    checked: `each of the ${measured.flat().length} alerts arrived once, and the store holds each of the ${sent} events`,
  });
} finally {
  await kafka.close();
  await platform.stop();
  remove();
}

/** Events of the bundled capture that raise no alert of the severity that is subscribed to. */
async function backgroundEvents(): Promise<Buffer[]> {
  const file = path.join(folder, 'background.ndjson');
  const { code, err } = await runParapet(['capture', file, '--events', '10000']);
  if (code !== 0) throw new Error(err);
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.filter(isBenign).map((line) => Buffer.from(line));
}

/** Connections, files and look-ups of Windows machines: no intrusion of the capture is among them. */
function isBenign(line: string): boolean {
  return /"EventID":(3|11|22),/.test(line);
}

/** An event that raises a high alert of its own: each is about another host. */
function probe(host: string): Buffer {
  const time = new Date().toISOString();
  return Buffer.from(
    JSON.stringify({
      SourceName: 'Microsoft-Windows-Sysmon',
      Channel: 'Microsoft-Windows-Sysmon/Operational',
      EventID: 1,
      Hostname: host,
      TimeCreated: time,
      Image: 'C:\\Windows\\System32\\vssadmin.exe',
      CommandLine: 'vssadmin.exe delete shadows /all /quiet',
      User: 'CORP\\a.meyer',
      ParentImage: 'C:\\Windows\\System32\\cmd.exe',
    }),
  );
}

async function subscribe({ graphqlUrl, token }: Platform) {
  const arrivals = new Map<string, number>();
  const client = createClient({
    url: graphqlUrl.replace('http', 'ws'),
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${token}` },
    retryAttempts: 0,
  });
  let failure: unknown;
  client.subscribe<{ alertRaised: { entities: { host: string } } }>(
    {
      query:
        'subscription { alertRaised(minSeverity: high) { id title severity entities { host user } asset { id name } } }',
    },
    {
      next({ data }) {
        const host = data?.alertRaised.entities.host ?? 'nothing';
        if (arrivals.has(host)) failure = new Error(`the alert about ${host} arrived twice`);
        arrivals.set(host, performance.now());
      },
      error(error) {
        failure = error;
      },
      complete() {},
    },
  );
  // Answered on the same socket behind the subscription: from now on it is in force.
  await client.iterate({ query: '{ eventCount }' }).next();
  return {
    /** When the alert about `host` arrived. */
    async arrived(host: string): Promise<number> {
      await eventually(
        async () => failure !== undefined || arrivals.has(host),
        (known) => known,
        30_000,
      );
      if (failure !== undefined) throw failure;
      return arrivals.get(host) ?? Number.NaN;
    },
    close: () => client.dispose(),
  };
}

/** Sends at the stated rate for one round and answers the milliseconds of every alert. */
async function runRound(
  round: number,
  producer: Producer,
  background: readonly Buffer[],
  arrived: (host: string) => Promise<number>,
): Promise<number[]> {
  const sentAt = new Map<string, number>();
  const sends: Promise<unknown>[] = [];
  const startedAt = performance.now();
  const ticks = (roundSeconds * 1000) / tickMs;
  for (let tick = 0; tick < ticks; tick++) {
    const wait = startedAt + tick * tickMs - performance.now();
    if (wait > 0) await delay(wait);
    const values = Array.from(
      { length: perTick },
      (_, index) => background[(tick * perTick + index) % background.length] ?? Buffer.alloc(0),
    );
    if (tick % ticksPerProbe === 0) {
      const host = `probe-${round}-${tick}`;
      values[0] = probe(host);
      sentAt.set(host, performance.now());
    }
    sends.push(
      producer.send(
        topics.rawEvents.name,
        values.map((value) => ({ value })),
      ),
    );
  }
  await Promise.all(sends);
  const latencies: number[] = [];
  for (const [host, at] of sentAt) latencies.push((await arrived(host)) - at);
  return latencies;
}

function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}
