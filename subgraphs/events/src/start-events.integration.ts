import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createDatabase, type Database } from '@parapet/database';
import { createTestDatabase, type TestDatabase } from '@parapet/database/testing';
import { type Broker, startBroker } from '@parapet/embedded-kafka';
import { type DeadLetter, topics } from '@parapet/event-model';
import { createKafka, type KafkaClient } from '@parapet/kafka';
import { type LakeRow, openLakeWriter } from '@parapet/lake';
import { createLogger, defineConfig } from '@parapet/service';
import { type Ask, createAsk, startForTest } from '@parapet/subgraph/testing';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { eventsConfig } from './config.ts';
import { createDeadLetterStore } from './dead-letter-store.ts';
import { startEvents } from './start-events.ts';

const secret = randomBytes(32).toString('base64');
const base = Date.parse('2026-03-01T12:00:00Z');
let folder: string;
let testDatabase: TestDatabase;
let database: Database;
let broker: Broker;
let kafka: KafkaClient;
let service: Awaited<ReturnType<typeof startForTest<never, { addresses: { http: string } }>>>;
let ask: Ask;

function aRow(offset: number, overrides: Partial<LakeRow> = {}): LakeRow {
  return {
    id: `evt_${String(offset).padStart(4, '0')}`,
    time: base + offset * 1000,
    receivedAt: base + offset * 1000 + 5,
    topicId: 'topic-a',
    partition: 0,
    offset,
    line: 0,
    source: 'windows-sysmon',
    className: 'Process Activity',
    host: 'WS01',
    message: `process ${offset} started`,
    assets: [],
    rules: [],
    attributes: {},
    raw: `{"n":${offset}}`,
    ...overrides,
  };
}

const rows = [
  aRow(0, { user: 'CORP\\alice', rules: ['r1'], assets: ['ast_1', 'ast_ip'], destinationPort: 445 }),
  aRow(1, {
    host: 'ws02.corp.example',
    sourceAddress: '10.0.0.9',
    assets: ['ast_2'],
    riskScore: 85,
    attributes: {
      risk_score: 85,
      risk_level_id: 4,
      risk_level: 'Critical',
      risk_contributions: '[["rule","Mimikatz",80,"r1"],["zone","in zone dmz (src_endpoint.ip)",5,"zones"]]',
    },
  }),
  aRow(2, { source: 'zeek', host: 'fw', destinationAddress: '10.0.0.9', assets: ['ast_ip', 'ast_gone'] }),
  aRow(3, {
    message: 'mimikatz seen',
    attributes: { 'actor.process.cmd_line': 'mimikatz', 'dst_endpoint.port': 445 },
    file: '/var/log/x',
    fileLine: 7,
    rules: ['r1', 'r2'],
  }),
  aRow(4, { severity: 'High' }),
];

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'parapet-events-'));
  [testDatabase, broker] = await Promise.all([
    createTestDatabase(),
    startBroker({ dir: path.join(folder, 'kafka') }),
  ]);
  database = createDatabase({ url: testDatabase.url });
  kafka = createKafka({
    brokers: [broker.address],
    clientId: 'test',
    log: createLogger({ service: 'test', level: 'silent' }),
  });
  const lakeDir = path.join(folder, 'lake');
  const writer = await openLakeWriter({ dir: lakeDir, topicId: 'topic-a', partition: 0 });
  await writer.append(rows);
  await writer.close();
  const config = defineConfig(eventsConfig).parse({
    KAFKA_BROKERS: broker.address,
    DATABASE_URL: testDatabase.url,
    GATEWAY_SECRET: secret,
    LAKE_DIR: lakeDir,
  });
  service = (await startForTest(startEvents, config)) as typeof service;
  ask = createAsk(service.result.addresses.http, secret);
});
afterAll(async () => {
  expect(await service?.stop()).toBe(0);
  await kafka?.close();
  await database?.close();
  await broker?.stop();
  await testDatabase?.close();
  await rm(folder, { recursive: true, force: true });
});

async function search(filter: Record<string, unknown>): Promise<number[]> {
  const { data, errors } = await ask(
    'query ($filter: EventFilter) { events(filter: $filter) { nodes { origin { offset } } } eventCount(filter: $filter) }',
    { filter },
  );
  expect(errors).toBeUndefined();
  expect(data.eventCount).toBe(data.events.nodes.length);
  return data.events.nodes.map(({ origin }: { origin: { offset: number } }) => origin.offset);
}

test('an event shows its risk and what makes it, and can be searched by it', async () => {
  const { data, errors } = await ask(
    '{ events { nodes { id riskScore riskLevel riskContributions { reason label points source } } } }',
  );
  expect(errors).toBeUndefined();
  const byId = new Map(data.events.nodes.map((node: { id: string }) => [node.id, node]));
  expect(byId.get('evt_0001')).toEqual({
    id: 'evt_0001',
    riskScore: 85,
    riskLevel: 'critical',
    riskContributions: [
      { reason: 'rule', label: 'Mimikatz', points: 80, source: 'r1' },
      { reason: 'zone', label: 'in zone dmz (src_endpoint.ip)', points: 5, source: 'zones' },
    ],
  });
  expect(byId.get('evt_0004')).toEqual({
    id: 'evt_0004',
    riskScore: 0,
    riskLevel: 'informational',
    riskContributions: [],
  });
  expect(await search({ minRiskScore: 85 })).toEqual([1]);
  expect(await search({ minRiskScore: 86 })).toEqual([]);
  expect(await search({ minRiskScore: 0 })).toHaveLength(rows.length);
  const refused = await ask('{ eventCount(filter: { minRiskScore: 101 }) }');
  expect(refused.errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
});

test('everything is ready', async () => {
  expect(await service.failingChecks()).toEqual([]);
});

test('an event is told with all its fields', async () => {
  const { data, errors } = await ask(`{ event(id: "evt_0003") {
    id time receivedAt source className severity host user destinationPort message rules attributes raw file fileLine
    origin { topicId partition offset line } assets { handle } } }`);
  expect(errors).toBeUndefined();
  expect(data.event).toEqual({
    id: 'evt_0003',
    time: '2026-03-01T12:00:03.000Z',
    receivedAt: '2026-03-01T12:00:03.005Z',
    source: 'windows-sysmon',
    className: 'Process Activity',
    severity: null,
    host: 'WS01',
    user: null,
    destinationPort: null,
    message: 'mimikatz seen',
    rules: ['r1', 'r2'],
    attributes: { 'actor.process.cmd_line': 'mimikatz', 'dst_endpoint.port': 445 },
    raw: '{"n":3}',
    file: '/var/log/x',
    fileLine: 7,
    origin: { topicId: 'topic-a', partition: 0, offset: 3, line: 0 },
    assets: [],
  });
  expect((await ask('{ event(id: "none") { id } }')).data.event).toBeNull();
});

test.each([
  [{}, [4, 3, 2, 1, 0]],
  [{ source: 'zeek' }, [2]],
  [{ host: 'WS02' }, [1]],
  [{ user: 'alice' }, [0]],
  [{ address: '10.0.0.9' }, [2, 1]],
  [{ text: 'MIMIKATZ' }, [3]],
  [{ ruleId: 'r1' }, [3, 0]],
  [{ assetId: 'ast_ip' }, [2, 0]],
  [{ since: '2026-03-01T12:00:02Z', until: '2026-03-01T12:00:04Z' }, [3, 2]],
  [{ ruleId: 'r1', source: 'zeek' }, []],
])('events are found by %j, the latest first', async (filter, offsets) => {
  expect(await search(filter)).toEqual(offsets);
});

test('pages follow each other without gap or repetition', async () => {
  const seen: string[] = [];
  let after: string | null = null;
  do {
    const { data }: Awaited<ReturnType<Ask>> = await ask(
      'query ($after: String) { events(first: 2, after: $after) { nodes { id } pageInfo { hasNextPage endCursor } } }',
      { after },
    );
    seen.push(...data.events.nodes.map(({ id }: { id: string }) => id));
    after = data.events.pageInfo.hasNextPage ? data.events.pageInfo.endCursor : null;
  } while (after);
  expect(seen).toEqual(['evt_0004', 'evt_0003', 'evt_0002', 'evt_0001', 'evt_0000']);
});

test('what is wrong with a search is told', async () => {
  const code = async (query: string) => (await ask(query)).errors?.[0]?.extensions.code;
  expect(await code('{ events(first: 501) { nodes { id } } }')).toBe('BAD_USER_INPUT');
  expect(await code('{ events(after: "x") { nodes { id } } }')).toBe('BAD_USER_INPUT');
  expect(await code('{ events(filter: { text: "" }) { nodes { id } } }')).toBe('BAD_USER_INPUT');
  expect(await code(`{ eventCount(filter: { host: "${'x'.repeat(501)}" }) }`)).toBe('BAD_USER_INPUT');
  expect(await code('{ eventFieldCounts(field: host, first: 0) { value } }')).toBe('BAD_USER_INPUT');
  expect(
    await code('{ eventHistogram(since: "2026-03-01T12:00:00Z", until: "2026-03-01T12:00:00Z") { count } }'),
  ).toBe('BAD_USER_INPUT');
});

test('events are counted by field and over time', async () => {
  const { data, errors } = await ask(`{
    eventFieldCounts(field: source, first: 5) { value count }
    rules: eventFieldCounts(field: rules) { value count }
    eventHistogram(since: "2026-03-01T12:00:00Z", until: "2026-03-01T12:00:10Z", bars: 5) { start end count }
  }`);
  expect(errors).toBeUndefined();
  expect(data).toEqual({
    eventFieldCounts: [
      { value: 'windows-sysmon', count: 4 },
      { value: 'zeek', count: 1 },
    ],
    rules: [
      { value: 'r1', count: 2 },
      { value: 'r2', count: 1 },
    ],
    eventHistogram: [
      { start: '2026-03-01T12:00:00.000Z', end: '2026-03-01T12:00:02.000Z', count: 2 },
      { start: '2026-03-01T12:00:02.000Z', end: '2026-03-01T12:00:04.000Z', count: 2 },
      { start: '2026-03-01T12:00:04.000Z', end: '2026-03-01T12:00:06.000Z', count: 1 },
    ],
  });
});

test('events and assets are resolved by reference', async () => {
  const { data, errors } = await ask(
    `query ($r: [_Any!]!) { _entities(representations: $r) {
      ... on Event { id assets { handle } }
      ... on Asset { events(first: 1) { nodes { id } pageInfo { hasNextPage } } zeek: events(filter: { source: "zeek" }) { nodes { id } } }
    } }`,
    {
      r: [
        { __typename: 'Event', id: 'evt_0002' },
        { __typename: 'Event', id: 'none' },
        { __typename: 'Asset', id: 'ast_1', handles: ['ast_1', 'ast_ip'] },
        { __typename: 'Asset', id: 'ast_none', handles: [] },
      ],
    },
  );
  expect(errors).toBeUndefined();
  expect(data._entities).toEqual([
    { id: 'evt_0002', assets: [{ handle: 'ast_ip' }, { handle: 'ast_gone' }] },
    null,
    {
      events: { nodes: [{ id: 'evt_0002' }], pageInfo: { hasNextPage: true } },
      zeek: { nodes: [{ id: 'evt_0002' }] },
    },
    { events: { nodes: [], pageInfo: { hasNextPage: false } }, zeek: { nodes: [] } },
  ]);
});

test('an asset filter inside Asset.events narrows to names of that asset', async () => {
  const { data } = await ask(
    `query ($r: [_Any!]!) { _entities(representations: $r) { ... on Asset {
      own: events(filter: { assetId: "ast_1" }) { nodes { id } } other: events(filter: { assetId: "ast_2" }) { nodes { id } } } } }`,
    { r: [{ __typename: 'Asset', id: 'ast_1', handles: ['ast_1', 'ast_ip'] }] },
  );
  expect(data._entities).toEqual([{ own: { nodes: [{ id: 'evt_0000' }] }, other: { nodes: [] } }]);
});

test('events of very many assets at once are refused with what to do', async () => {
  const { data, errors } = await ask(
    'query ($r: [_Any!]!) { _entities(representations: $r) { ... on Asset { events { nodes { id } } } } }',
    {
      r: Array.from({ length: 130 }, (_, i) => ({ __typename: 'Asset', id: `a${i}`, handles: [`a${i}`] })),
    },
  );
  const told = new Map(Object.entries(Object.groupBy(errors ?? [], ({ message }) => message)));
  expect([...told].map(([message, each]) => [message, each?.length])).toEqual([
    [expect.stringContaining('at most 100 assets'), 30],
  ]);
  expect(data._entities.filter((each: unknown) => each !== null)).toHaveLength(100);
  expect(errors?.[0]).toMatchObject({
    message: expect.stringContaining('fewer assets'),
    extensions: { code: 'BAD_USER_INPUT' },
  });
});

test('events need their scope, also by reference', async () => {
  const nobody = { scopes: ['assets:read', 'threats:read'] as const };
  expect((await ask('{ events { nodes { id } } }', {}, nobody)).errors?.[0]?.extensions.code).toBe(
    'FORBIDDEN',
  );
  const entities = 'query ($r: [_Any!]!) { _entities(representations: $r) { ... on Event { raw } } }';
  const answer = await ask(entities, { r: [{ __typename: 'Event', id: 'evt_0001' }] }, nobody);
  expect(answer.errors?.[0]?.extensions.code).toBe('FORBIDDEN');
  expect(JSON.stringify(answer.data)).not.toContain('{"n":1}');
});

const aLetter = (offset: number, overrides: Partial<DeadLetter> = {}): DeadLetter => ({
  schema: 1,
  reason: 'invalid_json',
  detail: 'Unexpected end.',
  origin: { topicId: 'topic-a', partition: 0, offset, line: 0 },
  topic: topics.rawEvents.name,
  receivedAt: base,
  rejectedAt: base + offset,
  bytes: Buffer.from(`{"broken":${offset}\xff`, 'latin1').toString('base64'),
  bytesTruncated: false,
  size: 12,
  ...overrides,
});

test('dead letters are kept once, listed, counted, and told with the status of the intake', async () => {
  const producer = await kafka.createProducer();
  const letters = [
    aLetter(1),
    aLetter(2, { reason: 'too_deep' }),
    aLetter(3, { file: 'a.ndjson', fileLine: 4 }),
    aLetter(1),
  ];
  await producer.send(topics.deadLetters.name, [
    { key: null, value: 'broken itself' },
    ...letters.map((letter) => ({ key: null, value: JSON.stringify(letter) })),
  ]);
  await producer.send(topics.rawEvents.name, [
    { key: null, value: '{}', partition: 1 },
    { key: null, value: '{}', partition: 1 },
  ]);
  await producer.close();
  const counts = '{ deadLetterCounts { reason count } }';
  await vi.waitFor(
    async () =>
      expect((await ask(counts)).data.deadLetterCounts).toEqual([
        { reason: 'invalid_json', count: 2 },
        { reason: 'too_deep', count: 1 },
      ]),
    { timeout: 20_000, interval: 20 },
  );
  const list = `query ($after: String, $reason: DeadLetterReason) { deadLetters(first: 2, after: $after, reason: $reason) {
    nodes { id reason detail topic origin { offset } rejectedAt text bytes bytesTruncated size file fileLine }
    pageInfo { hasNextPage endCursor } } }`;
  const first = (await ask(list)).data.deadLetters;
  expect(first.nodes[0]).toEqual({
    id: 'topic-a/0/3/0',
    reason: 'invalid_json',
    detail: 'Unexpected end.',
    topic: 'parapet.events.raw',
    origin: { offset: 3 },
    rejectedAt: '2026-03-01T12:00:00.003Z',
    text: '{"broken":3\uFFFD',
    bytes: aLetter(3).bytes,
    bytesTruncated: false,
    size: 12,
    file: 'a.ndjson',
    fileLine: 4,
  });
  expect(first.pageInfo.hasNextPage).toBe(true);
  const second = (await ask(list, { after: first.pageInfo.endCursor })).data.deadLetters;
  expect([...first.nodes, ...second.nodes].map(({ origin }) => origin.offset)).toEqual([3, 2, 1]);
  expect((await ask(list, { reason: 'too_deep' })).data.deadLetters.nodes).toHaveLength(1);

  const status = await ask(`{ ingestStatus {
    lag events latestEventTime deadLetters partitions { topic partition committedOffset endOffset lag } } }`);
  expect(status.errors).toBeUndefined();
  expect(status.data.ingestStatus).toMatchObject({
    lag: 2,
    events: 5,
    latestEventTime: '2026-03-01T12:00:04.000Z',
    deadLetters: 3,
  });
  expect(status.data.ingestStatus.partitions).toContainEqual({
    topic: 'parapet.events.raw',
    partition: 1,
    committedOffset: null,
    endOffset: 2,
    lag: 2,
  });
  expect(await service.metrics.registry.metrics()).toContain(
    'parapet_events_messages_skipped_total{service="test"} 1',
  );
});

test('dead letters are forgotten from the oldest on', async () => {
  const store = createDeadLetterStore(database.prisma);
  await store.keep([aLetter(100, { rejectedAt: base - 1000 }), aLetter(101, { rejectedAt: base + 9e9 })]);
  const before = await store.count();
  expect(await store.prune(new Date(base))).toBe(1);
  expect(await store.count()).toBe(before - 1);
});
