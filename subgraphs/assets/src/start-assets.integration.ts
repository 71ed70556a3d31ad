import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createDatabase, type Database } from '@parapet/database';
import { createTestDatabase, type TestDatabase } from '@parapet/database/testing';
import { type Broker, startBroker } from '@parapet/embedded-kafka';
import { type AssetHandleKind, assetHandle, type Observation, topics } from '@parapet/event-model';
import { createKafka, type KafkaClient } from '@parapet/kafka';
import { createLogger, defineConfig } from '@parapet/service';
import { createAsk, startForTest } from '@parapet/subgraph/testing';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { createAssetWriter } from './asset-writer.ts';
import { assetsConfig } from './config.ts';
import { startAssets } from './start-assets.ts';

const secret = randomBytes(32).toString('base64');
let folder: string;
let testDatabase: TestDatabase;
let database: Database;
let broker: Broker;
let kafka: KafkaClient;
const running: { stop(): Promise<number> }[] = [];

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'parapet-assets-'));
  [testDatabase, broker] = await Promise.all([createTestDatabase(), startBroker({ dir: folder })]);
  database = createDatabase({ url: testDatabase.url });
  kafka = createKafka({
    brokers: [broker.address],
    clientId: 'test',
    log: createLogger({ service: 'test', level: 'silent' }),
  });
});
beforeEach(async () => {
  await database.prisma.$executeRaw`TRUNCATE assets CASCADE`;
});
afterEach(async () => {
  for (const service of running.splice(0)) await service.stop();
});
afterAll(async () => {
  await kafka?.close();
  await database?.close();
  await broker?.stop();
  await testDatabase?.close();
  await rm(folder, { recursive: true, force: true });
});

async function start() {
  const config = defineConfig(assetsConfig).parse({
    KAFKA_BROKERS: broker.address,
    DATABASE_URL: testDatabase.url,
    GATEWAY_SECRET: secret,
  });
  const service = await startForTest(startAssets, config);
  running.push(service);
  return { ...service, ask: createAsk(service.result.addresses.http, secret) };
}

const base = Date.parse('2026-03-01T12:00:00Z');
const iso = (at: number) => new Date(base + at).toISOString();

function anObservation(
  names: [AssetHandleKind, string][],
  at: number,
  overrides: Partial<Observation> = {},
): Observation {
  return {
    schema: 1,
    names: names.map(([kind, name]) => ({
      kind,
      name,
      handle: assetHandle(kind, name),
    })) as Observation['names'],
    source: 'windows-sysmon',
    role: 'device',
    firstSeen: base + at,
    lastSeen: base + at,
    users: [],
    ...overrides,
  };
}

test('observations from Kafka become an asset that answers to all of its names', async () => {
  const { ask, failingChecks, metrics } = await start();
  expect(await failingChecks()).toEqual([]);
  const producer = await kafka.createProducer();
  const send = (...values: unknown[]) =>
    producer.send(
      topics.observations.name,
      values.map((value) => ({ key: 'k', value: typeof value === 'string' ? value : JSON.stringify(value) })),
    );
  await send(
    anObservation([['ip', '10.0.0.5']], 0),
    'not json',
    anObservation(
      [
        ['host', 'WS01'],
        ['ip', '10.0.0.5'],
      ],
      10,
      { users: ['alice'], platform: 'windows' },
    ),
    anObservation([['host', 'WS01']], 30, { users: ['alice', 'bob'] }),
    anObservation([['account', '123456789012']], 20, { role: 'cloud' }),
  );
  const id = assetHandle('host', 'WS01');
  const ip = assetHandle('ip', '10.0.0.5');
  const fields = `id name kind platform handles firstSeen lastSeen
    names { kind name firstSeen lastSeen } users { name firstSeen lastSeen }`;
  await vi.waitFor(
    async () => expect((await ask(`{ assets { nodes { id } } }`)).data?.assets.nodes).toHaveLength(2),
    { timeout: 20_000, interval: 20 },
  );
  const expected = {
    id,
    name: 'WS01',
    kind: 'host',
    platform: 'windows',
    handles: [id, ip],
    firstSeen: iso(0),
    lastSeen: iso(30),
    names: [
      { kind: 'host', name: 'WS01', firstSeen: iso(10), lastSeen: iso(30) },
      { kind: 'ip', name: '10.0.0.5', firstSeen: iso(0), lastSeen: iso(10) },
    ],
    users: [
      { name: 'alice', firstSeen: iso(10), lastSeen: iso(30) },
      { name: 'bob', firstSeen: iso(30), lastSeen: iso(30) },
    ],
  };
  for (const handle of [id, ip]) {
    const { data, errors } = await ask(`query ($id: ID!) { asset(id: $id) { ${fields} } }`, { id: handle });
    expect(errors).toBeUndefined();
    expect(data.asset).toEqual(expected);
  }
  const entities = await ask(
    `query ($r: [_Any!]!) { _entities(representations: $r) { ... on Asset { ${fields} } } }`,
    {
      r: [
        { __typename: 'Asset', id },
        { __typename: 'Asset', handle: ip },
        { __typename: 'Asset', handle: 'ast_none' },
      ],
    },
  );
  expect(entities.data._entities).toEqual([expected, expected, null]);
  expect((await ask('{ asset(id: "ast_none") { id } }')).data.asset).toBeNull();
  expect(
    (await ask('{ assets { nodes { id } } }', {}, { scopes: ['events:read'] })).errors?.[0],
  ).toMatchObject({
    extensions: { code: 'FORBIDDEN' },
  });
  expect(await metrics.registry.metrics()).toContain(
    'parapet_assets_messages_skipped_total{service="test"} 1',
  );
  await producer.close();
});

test('assets are listed by the latest seen, by each filter, page by page', async () => {
  const { ask } = await start();
  const writer = createAssetWriter(database.prisma);
  await writer.applyObservations([
    ...Array.from({ length: 9 }, (_, i) =>
      anObservation(
        [
          ['host', `WS0${i}`],
          ['ip', `10.0.0.${i}`],
        ],
        i < 3 ? 100 : i,
        {
          platform: i % 2 === 0 ? 'windows' : 'linux',
        },
      ),
    ),
    anObservation([['ip', '192.168.7.7']], 500),
  ]);
  const query = `query ($first: Int, $after: String, $filter: AssetFilter) {
    assets(first: $first, after: $after, filter: $filter) { nodes { name } pageInfo { hasNextPage endCursor } } }`;
  async function all(filter: Record<string, unknown> = {}) {
    const names: string[] = [];
    let after: string | null = null;
    do {
      const { data }: Awaited<ReturnType<typeof ask>> = await ask(query, { first: 2, after, filter });
      names.push(...data.assets.nodes.map(({ name }: { name: string }) => name));
      after = data.assets.pageInfo.hasNextPage ? data.assets.pageInfo.endCursor : null;
    } while (after);
    return names;
  }
  const everything = await all();
  expect(everything[0]).toBe('192.168.7.7');
  expect(everything.slice(1, 4).sort()).toEqual(['WS00', 'WS01', 'WS02']);
  expect(everything.slice(4)).toEqual(['WS08', 'WS07', 'WS06', 'WS05', 'WS04', 'WS03']);
  expect(await all({ search: 'ws04' })).toEqual(['WS04']);
  expect(await all({ search: '10.0.0.4' })).toEqual(['WS04']);
  expect(await all({ search: '%' })).toEqual([]);
  expect(await all({ kind: 'ip' })).toEqual(['192.168.7.7']);
  expect(await all({ platform: 'Linux' })).toHaveLength(4);
  expect(await all({ seenSince: iso(100) })).toHaveLength(4);
  expect((await ask(query, { filter: { search: '' } })).errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
  expect((await ask(query, { after: 'nonsense' })).errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
});

test('users move when an address turns out to be a host, and rows are gone with the asset', async () => {
  const writer = createAssetWriter(database.prisma);
  await writer.applyObservations([anObservation([['ip', '10.0.0.5']], 5, { users: ['alice', 'bob'] })]);
  await writer.applyObservations([
    anObservation(
      [
        ['host', 'WS01'],
        ['ip', '10.0.0.5'],
      ],
      10,
      { users: ['alice'] },
    ),
  ]);
  const id = assetHandle('host', 'WS01');
  expect(await database.prisma.asset.findMany()).toMatchObject([
    { id, firstSeen: new Date(base + 5), lastSeen: new Date(base + 10) },
  ]);
  expect(await database.prisma.assetUser.findMany({ orderBy: { user: 'asc' } })).toEqual([
    { assetId: id, user: 'alice', firstSeen: new Date(base + 5), lastSeen: new Date(base + 10) },
    { assetId: id, user: 'bob', firstSeen: new Date(base + 5), lastSeen: new Date(base + 5) },
  ]);
});

test('several consumers at once, with the same observations in other orders and batches, leave what one would', async () => {
  const observations = Array.from({ length: 120 }, (_, i) =>
    anObservation(
      i % 5 === 0
        ? [['ip', `10.0.0.${i % 7}`]]
        : [
            ['host', `WS0${i % 4}`],
            ['ip', `10.0.0.${i % 7}`],
          ],
      i * 10,
    ),
  );
  const state = async () => ({
    assets: (await database.prisma.asset.findMany({ orderBy: { id: 'asc' } })).map(({ id }) => id),
    names: await database.prisma.assetHandle.findMany({ orderBy: { handle: 'asc' } }),
  });
  await createAssetWriter(database.prisma).applyObservations(observations);
  const expected = await state();
  await database.prisma.$executeRaw`TRUNCATE assets CASCADE`;
  await Promise.all(
    [
      observations,
      observations.toReversed(),
      observations.toSorted((a, b) => (a.lastSeen % 70) - (b.lastSeen % 70)),
    ].map(async (some, index) => {
      const writer = createAssetWriter(database.prisma);
      const size = 7 + index * 5;
      for (let from = 0; from < some.length; from += size) {
        await writer.applyObservations(some.slice(from, from + size));
      }
    }),
  );
  expect(await state()).toEqual(expected);
  expect(expected.assets).toHaveLength(4);
});

test('names and times of any size can be kept', async () => {
  const writer = createAssetWriter(database.prisma);
  await writer.applyObservations([
    anObservation([['host', '長'.repeat(1000)]], 0, {
      firstSeen: -8e15,
      lastSeen: 8e15,
      users: ['名'.repeat(1000)],
    }),
  ]);
  expect(await database.prisma.asset.count()).toBe(1);
});
