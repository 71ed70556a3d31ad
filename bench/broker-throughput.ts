/**
 * How many MB/s does the embedded broker take in and give out on one core? The broker is the product's own process, pinned
 * to a core where `taskset` exists, with fsync off. The client sends one pre-encoded batch over bare sockets, so that encoding is
 * not measured; a batch's CRC-32C is checked by the broker all the same.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  connectWire,
  encodeBatch,
  fetchRaw,
  produceRaw,
  type WireClient,
} from '@parapet/embedded-kafka/testing';
import { Kafka, logLevel } from 'kafkajs';
import { report } from './support/report.ts';

const rounds = 5;
const megabytesPerRound = 768;
const connections = 2;
/** Produce requests a connection has under way. */
const inFlight = 4;
const megabyte = 1_000_000;
const target = { in: 300, out: 500 };

const pinned = spawnSync('taskset', ['--version']).status === 0;
const batch = oneMegabyteBatch();
const dir = mkdtempSync(path.join(tmpdir(), 'parapet-bench-broker-'));
const { broker, address } = await startBroker();
const cpuSeconds = { in: 0, out: 0 };
try {
  const figures = { in: [] as number[], out: [] as number[] };
  for (let round = 0; round < rounds; round += 1) {
    const topic = `round-${round}`;
    await changeTopics((admin) => admin.createTopics({ topics: [{ topic, numPartitions: connections }] }));
    figures.in.push(await timed('in', (clients) => produceAll(clients, topic)));
    figures.out.push(await timed('out', (clients) => fetchAll(clients, topic)));
    await checkBytes(topic);
    await changeTopics((admin) => admin.deleteTopics({ topics: [topic] }));
  }
  const total = (rounds * megabytesPerRound) / 1000;
  report({
    question: 'broker-throughput',
    conditions: {
      'batch bytes': batch.length,
      'records per batch': 1000,
      'MB per round': megabytesPerRound,
      connections,
      'requests in flight per connection': `${inFlight} produce, 1 fetch of up to 8 MB`,
      'broker processes': 1,
      'broker pinned to one core': pinned,
      durability: 'KAFKA_FSYNC=never: acknowledged when written to the page cache',
      'broker CPU seconds per GB in': Number((cpuSeconds.in / total).toFixed(2)),
      'broker CPU seconds per GB out': Number((cpuSeconds.out / total).toFixed(2)),
      'target in, out (MB/s)': `${target.in}, ${target.out}`,
    },
    figures: [
      { name: 'produced', unit: 'MB/s', rounds: figures.in },
      { name: 'fetched', unit: 'MB/s', rounds: figures.out },
    ],
    checked:
      'every batch was acknowledged with the next offset; every batch fetched in the timed part had the right offset and size; after it all bytes were fetched again and compared with those sent',
  });
} finally {
  const exited = once(broker, 'exit');
  broker.kill('SIGTERM');
  await exited;
  rmSync(dir, { recursive: true, force: true });
}

/** 1,000 records that fill 1 MB, as a collector sends them. */
function oneMegabyteBatch(): Buffer {
  const value = Buffer.alloc(970, 'event ');
  return encodeBatch(Array.from({ length: 1000 }, (_, index) => ({ key: `host-${index % 50}`, value })));
}

async function startBroker(): Promise<{ broker: ChildProcess; address: string }> {
  const main = createRequire(import.meta.url)
    .resolve('@parapet/embedded-kafka')
    .replace(/index\.ts$/, 'main.ts');
  const command = pinned ? ['taskset', '-c', '0', process.execPath, main] : [process.execPath, main];
  const [file = process.execPath, ...args] = command;
  const child = spawn(file, args, {
    env: { ...process.env, KAFKA_DATA_DIR: dir, KAFKA_FSYNC: 'never', LOG_LEVEL: 'warn' },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  child.once('exit', (code) => {
    if (code !== 0) throw new Error(`the broker ended with ${code}`);
  });
  const [ready] = (await once(child, 'message')) as [{ addresses: { kafka: string } }];
  return { broker: child, address: ready.addresses.kafka };
}

async function changeTopics(work: (admin: ReturnType<Kafka['admin']>) => Promise<unknown>): Promise<void> {
  const admin = new Kafka({ brokers: [address], logLevel: logLevel.ERROR }).admin();
  await admin.connect();
  await work(admin);
  await admin.disconnect();
}

/** @returns MB/s */
async function timed(
  direction: 'in' | 'out',
  work: (clients: WireClient[]) => Promise<number>,
): Promise<number> {
  const clients = await Promise.all(Array.from({ length: connections }, () => connectWire(address)));
  const cpuBefore = brokerCpuSeconds();
  const start = performance.now();
  const bytes = await work(clients);
  const seconds = (performance.now() - start) / 1000;
  cpuSeconds[direction] += brokerCpuSeconds() - cpuBefore;
  for (const client of clients) client.close();
  return bytes / megabyte / seconds;
}

function brokerCpuSeconds(): number {
  const { stdout } = spawnSync('ps', ['-o', 'cputimes=', '-p', String(broker.pid)], { encoding: 'utf8' });
  return Number(stdout) || 0;
}

/** A partition for each connection. @returns bytes sent. */
async function produceAll(clients: readonly WireClient[], topic: string): Promise<number> {
  const perClient = Math.floor(megabytesPerRound / clients.length);
  await Promise.all(
    clients.map(async (client, partition) => {
      let sent = 0;
      let acknowledged = 0;
      async function sendOn(): Promise<void> {
        while (sent < perClient) {
          sent += 1;
          const { error, baseOffset } = await produceRaw(client, topic, partition, batch);
          if (error !== 0 || baseOffset !== acknowledged * 1000) {
            throw new Error(`batch ${acknowledged} was answered with error ${error}, offset ${baseOffset}`);
          }
          acknowledged += 1;
        }
      }
      await Promise.all(Array.from({ length: inFlight }, sendOn));
    }),
  );
  return perClient * clients.length * batch.length;
}

/** @returns bytes received. */
async function fetchAll(
  clients: readonly WireClient[],
  topic: string,
  check: (received: Buffer) => void = () => {},
): Promise<number> {
  const perClient = Math.floor(megabytesPerRound / clients.length);
  let bytes = 0;
  await Promise.all(
    clients.map(async (client, partition) => {
      let offset = 0;
      while (offset < perClient * 1000) {
        const { error, records } = await fetchRaw(client, topic, partition, {
          offset,
          maxBytes: 8 * 1024 * 1024,
        });
        if (error !== 0 || records.length === 0 || records.length % batch.length !== 0) {
          throw new Error(`a fetch at ${offset} gave error ${error} and ${records.length} bytes`);
        }
        for (let at = 0; at < records.length; at += batch.length) {
          if (Number(records.readBigInt64BE(at)) !== offset) throw new Error(`offset ${offset} is missing`);
          check(records.subarray(at, at + batch.length));
          offset += 1000;
        }
        bytes += records.length;
      }
    }),
  );
  return bytes;
}

async function checkBytes(topic: string): Promise<void> {
  const clients = await Promise.all(Array.from({ length: connections }, () => connectWire(address)));
  // Offset and leader epoch, the first 16 bytes but for the length, are the broker's.
  const sent = batch.subarray(16);
  const bytes = await fetchAll(clients, topic, (received) => {
    if (Buffer.compare(received.subarray(16), sent) !== 0) throw new Error('a batch came back changed');
  });
  const expected = Math.floor(megabytesPerRound / connections) * connections * batch.length;
  if (bytes !== expected) throw new Error(`${bytes} bytes came back of ${expected}`);
  for (const client of clients) client.close();
}
