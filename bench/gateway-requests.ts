/**
 * How many requests a second does one gateway process answer, and how long does one take? Three small subgraphs that answer from memory, so
 * that the figures are the gateway's own work: identity (remembered), bounds, scopes, planning (cached), signing, fetching, joining, masking.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { testTokens } from '@parapet/gateway/testing';
import { Pool } from 'undici';
import { report } from './support/report.ts';

const concurrency = 32;
const rounds = 5;
const warmUpMs = 3_000;
const roundMs = 3_000;

const operations = {
  'one subgraph': {
    query: '{ echo(text: "hello") }',
    answer: '{"data":{"echo":"hello"}}',
    fetches: 1,
  },
  'join of three subgraphs': {
    query:
      'query Join($id: ID!) { alert(id: $id) { id title severity asset { id name openAlertCount events(first: 2) { edges { node { id source } } } } } }',
    variables: { id: 'a2' },
    answer:
      '{"data":{"alert":{"id":"a2","title":"Alert 2","severity":"high","asset":{"id":"h2","name":"host-h2","openAlertCount":1,"events":{"edges":[{"node":{"id":"h2-e0","source":"zeek"}},{"node":{"id":"h2-e1","source":"zeek"}}]}}}}}',
    fetches: 3,
  },
} as const;

const children: ChildProcess[] = [];
function start(role: 'subgraphs' | 'gateway'): ChildProcess {
  const child = fork(path.join(import.meta.dirname, 'support/gateway-process.ts'), [role]);
  children.push(child);
  return child;
}

/** Milliseconds of processor time the gateway has used. */
async function cpuMs(gateway: ChildProcess): Promise<number> {
  const answered = once(gateway, 'message');
  gateway.send('cpu');
  const [{ user, system }] = (await answered) as [NodeJS.CpuUsage];
  return (user + system) / 1000;
}

async function load(
  target: { pool: Pool; gateway: ChildProcess },
  request: { body: string; answer: string },
  ms: number,
) {
  const { pool, gateway } = target;
  const { body, answer } = request;
  const latencies: number[] = [];
  const end = performance.now() + ms;
  const worker = async () => {
    while (performance.now() < end) {
      const started = performance.now();
      const response = await pool.request({
        path: '/graphql',
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${testTokens.reader}` },
        body,
      });
      const text = await response.body.text();
      if (response.statusCode !== 200 || text !== answer) {
        throw new Error(`wrong answer: ${response.statusCode} ${text}`);
      }
      latencies.push(performance.now() - started);
    }
  };
  const cpuBefore = await cpuMs(gateway);
  const started = performance.now();
  await Promise.all(Array.from({ length: concurrency }, worker));
  const seconds = (performance.now() - started) / 1000;
  const cpu = ((await cpuMs(gateway)) - cpuBefore) / latencies.length;
  const sorted = latencies.toSorted((a, b) => a - b);
  const percentile = (share: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { perSecond: latencies.length / seconds, p50: percentile(0.5), p99: percentile(0.99), cpu };
}

try {
  const subgraphs = start('subgraphs');
  const [sources] = await once(subgraphs, 'message');
  const gateway = start('gateway');
  gateway.send(sources);
  const [{ url }] = (await once(gateway, 'message')) as [{ url: string }];
  const pool = new Pool(new URL(url).origin, { connections: concurrency });
  const figures: { name: string; unit: string; rounds: number[] }[] = [];
  const results = new Map<string, Awaited<ReturnType<typeof load>>[]>();
  const bodies = Object.entries(operations).map(([name, { answer, fetches: _, ...request }]) => ({
    name,
    answer,
    body: JSON.stringify(request),
  }));
  const target = { pool, gateway };
  for (const request of bodies) await load(target, request, warmUpMs);
  for (let round = 0; round < rounds; round += 1) {
    for (const { name, ...request } of bodies) {
      results.set(name, [...(results.get(name) ?? []), await load(target, request, roundMs)]);
    }
  }
  for (const [name, all] of results) {
    figures.push({ name, unit: 'requests/s', rounds: all.map(({ perSecond }) => perSecond) });
    figures.push({ name: `${name}, p50`, unit: 'ms', rounds: all.map(({ p50 }) => p50) });
    figures.push({ name: `${name}, p99`, unit: 'ms', rounds: all.map(({ p99 }) => p99) });
    // Unlike the others this one hardly depends on what else the machine does.
    figures.push({
      name: `${name}, processor time of the gateway`,
      unit: 'ms a request',
      rounds: all.map(({ cpu }) => cpu),
    });
  }
  await pool.close();
  report({
    question: 'gateway-requests',
    conditions: {
      concurrency,
      'seconds a round': roundMs / 1000,
      processes:
        '1 gateway, 1 with three subgraphs that answer from memory, 1 load generator, on the same machine',
      'subgraph requests': Object.entries(operations)
        .map(([name, { fetches }]) => `${name}: ${fetches}`)
        .join('; '),
      identity: 'API key, remembered for 3 s',
      'not measured': 'TLS, PostgreSQL, the real subgraphs',
    },
    figures,
    checked: 'every answer is compared, byte for byte, with the expected one',
  });
} finally {
  for (const child of children) child.disconnect();
}
