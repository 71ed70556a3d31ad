import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createEnricher } from './create-enricher.ts';
import { createLookupProvider, type Lookup, type LookupProviderOptions } from './lookup-provider.ts';
import { batchOf, type TestDictionary, type TestRows } from './testing/batch-of.ts';
import { createTestLog } from './testing/test-providers.ts';

beforeEach(() => {
  vi.useFakeTimers();
  vi.setSystemTime(1_000_000);
});
afterEach(() => {
  vi.useRealTimers();
});

const known: Lookup = async (_type, texts) =>
  new Map(
    texts
      .filter((text) => text.startsWith('10.'))
      .map((text) => [text, { values: { name: `host of ${text}` } }]),
  );

function start(lookup: Lookup, options: Partial<LookupProviderOptions> = {}) {
  const calls: string[][] = [];
  const log = createTestLog();
  const provider = createLookupProvider({
    name: 'inventory',
    kind: 'asset',
    types: ['address'],
    now: Date.now,
    log,
    ...options,
    lookup: (type, texts, signal) => {
      calls.push([...texts]);
      return lookup(type, texts, signal);
    },
  });
  const enricher = createEnricher({ providers: [provider], prepareMs: 50 });
  const dictionaries = new Map<string, TestDictionary>();
  const names = (rows: TestRows): unknown[] => {
    const enrichment = enricher.enrich(batchOf(rows, dictionaries));
    return rows.map((_, row) => enrichment.answersAt(row)[0]?.answer.values['name']);
  };
  const prepare = async (rows: TestRows): Promise<void> => {
    const done = enricher.prepare(batchOf(rows, dictionaries));
    await vi.advanceTimersByTimeAsync(60);
    await done;
  };
  return { calls, enricher, log, names, prepare, status: () => enricher.status()[0] };
}

const from = (...addresses: string[]): TestRows =>
  addresses.map((address) => ({ 'src_endpoint.ip': address }));

test('new distinct values are looked up in one request, and what is unknown is remembered too', async () => {
  const { calls, enricher, names, prepare } = start(known);
  expect(enricher.asynchronous).toBe(true);
  const rows = from('10.0.0.1', '192.0.2.1', '10.0.0.1', '10.0.0.2');
  await prepare(rows);
  expect(names(rows)).toEqual(['host of 10.0.0.1', undefined, 'host of 10.0.0.1', 'host of 10.0.0.2']);
  await prepare(rows);
  await prepare(from('10.0.0.3', '192.0.2.1'));
  expect(calls).toEqual([['10.0.0.1', '192.0.2.1', '10.0.0.2'], ['10.0.0.3']]);
});

test('a slow lookup holds a batch no longer than allowed, and its late answer serves later batches', async () => {
  let answer: (() => void) | undefined;
  const slow: Lookup = async (type, texts, signal) => {
    await new Promise<void>((resolve) => {
      answer = resolve;
    });
    return known(type, texts, signal);
  };
  const { calls, names, prepare } = start(slow);
  const rows = from('10.0.0.1');
  const begun = Date.now();
  await prepare(rows);
  expect(Date.now() - begun).toBeLessThanOrEqual(60);
  expect(names(rows)).toEqual([undefined]);
  await prepare(rows);
  expect(calls).toHaveLength(1);
  answer?.();
  await vi.advanceTimersByTimeAsync(1);
  expect(names(rows)).toEqual(['host of 10.0.0.1']);
});

test('a lookup that never answers is timed out and counted, holds its places, and stops nothing', async () => {
  const { calls, names, prepare, status } = start(() => new Promise(() => undefined), {
    maxInFlight: 2,
    timeoutMs: 200,
  });
  for (let second = 0; second < 300; second += 1) {
    const rows = from(`10.0.0.${second % 250}`);
    await prepare(rows);
    expect(names(rows)).toEqual([undefined]);
    await vi.advanceTimersByTimeAsync(1_000);
  }
  expect(calls).toHaveLength(2);
  expect(status()).toMatchObject({ state: 'failed', timeouts: 2, problem: 'No answer within 200 ms.' });
  expect(status()?.skipped).toBeGreaterThan(200);
});

test('a failing lookup is left alone longer and longer, and works again when the source does', async () => {
  let isBroken = true;
  const { calls, log, names, prepare, status } = start((type, texts, signal) => {
    // A lookup may throw before it returns a promise.
    if (isBroken) throw new Error('connection refused');
    return known(type, texts, signal);
  });
  const rows = from('10.0.0.1');
  for (let second = 0; second < 120; second += 1) {
    await prepare(rows);
    await vi.advanceTimersByTimeAsync(940);
  }
  expect(calls.length).toBeGreaterThan(4);
  expect(calls.length).toBeLessThan(10);
  expect(log.warnings).toEqual(['connection refused']);
  expect(status()).toMatchObject({ state: 'failed', errors: calls.length });
  isBroken = false;
  await vi.advanceTimersByTimeAsync(60_000);
  await prepare(rows);
  expect(names(rows)).toEqual(['host of 10.0.0.1']);
  expect(status()).toMatchObject({ state: 'ready', problem: undefined });
});

test('an answer that is no longer fresh is given, with its time, until the newer one is there', async () => {
  let version = 1;
  const { names, prepare, enricher } = start(
    async (_type, texts) => new Map(texts.map((text) => [text, { values: { name: `v${version}` } }])),
    { freshMs: 10_000 },
  );
  const rows = from('10.0.0.1');
  await prepare(rows);
  expect(names(rows)).toEqual(['v1']);
  version = 2;
  await vi.advanceTimersByTimeAsync(11_000);
  expect(names(rows)).toEqual(['v1']);
  expect(enricher.enrich(batchOf(rows)).answersAt(0)[0]?.answer.asOf).toBeLessThan(1_001_000);
  await prepare(rows);
  expect(names(rows)).toEqual(['v2']);
});

test('the cache keeps its bound', async () => {
  const { enricher, prepare } = start(known, { maxEntries: 10 });
  await prepare(from(...Array.from({ length: 100 }, (_, host) => `10.0.0.${host}`)));
  expect(enricher.status()[0]?.entries).toBe(10);
});
