import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createDataProvider, type DataSource, type SourceContent } from './data-provider.ts';
import { createTestLog } from './testing/test-providers.ts';
import { createZoneKnowledge } from './zone-knowledge.ts';

beforeEach(() => {
  vi.useFakeTimers();
  vi.setSystemTime(1_000_000);
});
afterEach(() => {
  vi.useRealTimers();
});

const content = (version: string): SourceContent => ({
  bytes: Buffer.from(version),
  modifiedAt: Date.now(),
  version,
});

function start(source: DataSource, staleAfterMs?: number) {
  return createDataProvider({
    name: 'zones',
    kind: 'zone',
    types: ['address'],
    source,
    parse: async ({ bytes, modifiedAt: asOf }) => ({
      asOf,
      knowledge: createZoneKnowledge({
        provider: 'zones',
        zones: [{ network: '0.0.0.0/0', zone: Buffer.from(bytes).toString(), internal: true }],
        asOf,
      }),
    }),
    refreshMs: 10_000,
    timeoutMs: 500,
    staleAfterMs,
    now: Date.now,
    log: createTestLog(),
  });
}

const zoneOf = (provider: ReturnType<typeof start>) =>
  provider.answer({ type: 'address', text: '10.0.0.1' })[0]?.values['zone'];

test('a read that hangs is given up in time and not begun twice, and its late content is taken', async () => {
  let arrive: ((value: SourceContent) => void) | undefined;
  let reads = 0;
  const provider = start({
    read: () => {
      reads += 1;
      return new Promise((resolve) => {
        arrive = resolve;
      });
    },
  });
  for (let second = 0; second < 60; second += 1) {
    const refreshed = provider.refresh();
    await vi.advanceTimersByTimeAsync(1_000);
    await refreshed;
  }
  expect(reads).toBe(1);
  expect(provider.status()).toMatchObject({
    state: 'failed',
    timeouts: 1,
    problem: 'Reading took longer than 500 ms.',
  });
  expect(provider.status().skipped).toBeGreaterThan(3);
  expect(zoneOf(provider)).toBeUndefined();
  arrive?.(content('late'));
  await vi.advanceTimersByTimeAsync(1);
  expect(zoneOf(provider)).toBe('late');
  expect(provider.status()).toMatchObject({ state: 'ready', entries: 1, problem: undefined });
});

test('data that was not renewed for too long is used and called stale', async () => {
  const provider = start(
    { read: async (version) => (version === undefined ? content('one') : undefined) },
    60_000,
  );
  await provider.refresh();
  expect(provider.status().state).toBe('ready');
  await vi.advanceTimersByTimeAsync(61_000);
  await provider.refresh();
  expect(provider.status()).toMatchObject({ state: 'stale', asOf: 1_000_000 });
  expect(zoneOf(provider)).toBe('one');
});

test('what arrives after the end is dropped', async () => {
  let arrive: ((value: SourceContent) => void) | undefined;
  const provider = start({
    read: () =>
      new Promise((resolve) => {
        arrive = resolve;
      }),
  });
  const refreshed = provider.refresh();
  provider.close();
  arrive?.(content('late'));
  await refreshed;
  expect(zoneOf(provider)).toBeUndefined();
});
