import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createTestDatabase, type TestDatabase } from '@parapet/database/testing';
import { type Broker, startBroker } from '@parapet/embedded-kafka';
import { AlertChange, topics } from '@parapet/event-model';
import { createKafka, type KafkaClient } from '@parapet/kafka';
import { createLogger, defineConfig } from '@parapet/service';
import { type Ask, createAsk, startForTest } from '@parapet/subgraph/testing';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { alertId } from './alert-state.ts';
import { threatsConfig } from './config.ts';
import { startThreats } from './start-threats.ts';
import { aFinding, aRule } from './testing/a-finding.ts';

const secret = randomBytes(32).toString('base64');
const log = createLogger({ service: 'test', level: 'silent' });
let folder: string;
let testDatabase: TestDatabase;
let broker: Broker;
let kafka: KafkaClient;
const changes: AlertChange[] = [];
const running: { stop(): Promise<number> }[] = [];

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'parapet-threats-'));
  [testDatabase, broker] = await Promise.all([createTestDatabase(), startBroker({ dir: folder })]);
  kafka = createKafka({ brokers: [broker.address], clientId: 'test', log });
  await kafka.ensureTopics([topics.findings, topics.rules, topics.alerts]);
  await kafka.createConsumer({
    groupId: 'test-alerts',
    topics: [topics.alerts.name],
    onBatch: async ({ records }) => {
      for (const { value } of records) {
        changes.push(AlertChange.parse(JSON.parse(Buffer.from(value ?? []).toString())));
      }
    },
    onCrash: (error) => expect.unreachable(error.message),
  });
});
afterEach(async () => {
  for (const service of running.splice(0)) await service.stop();
});
afterAll(async () => {
  await kafka?.close();
  await broker?.stop();
  await testDatabase?.close();
  await rm(folder, { recursive: true, force: true });
});

async function start() {
  const config = defineConfig(threatsConfig).parse({
    KAFKA_BROKERS: broker.address,
    DATABASE_URL: testDatabase.url,
    GATEWAY_SECRET: secret,
  });
  const service = await startForTest(startThreats, config);
  running.push(service);
  return { ...service, ask: createAsk(service.result.addresses.http, secret) };
}

async function produce(topic: string, messages: { key: string; value: unknown }[]) {
  const producer = await kafka.createProducer();
  await producer.send(
    topic,
    messages.map(({ key, value }) => ({
      key,
      value: typeof value === 'string' ? value : JSON.stringify(value),
    })),
  );
  await producer.close();
}

const produceFindings = (...findings: ReturnType<typeof aFinding>[]) =>
  produce(
    topics.findings.name,
    findings.map((value) => ({ key: value.fingerprint, value })),
  );

const until = (check: () => void | Promise<void>) => vi.waitFor(check, { timeout: 20_000, interval: 20 });

async function countOf(ask: Ask, id: string): Promise<number | undefined> {
  return (await ask('query ($id: ID!) { alert(id: $id) { count } }', { id })).data.alert?.count;
}

test('findings become alerts, changes on the topic in order, and answers', async () => {
  const { ask, failingChecks } = await start();
  expect(await failingChecks()).toEqual([]);
  const id = alertId('path');
  await produceFindings(
    aFinding({
      fingerprint: 'path',
      matches: [
        [1, 2, Date.parse('2026-03-01T10:00:00Z')],
        [2, 1, Date.parse('2026-03-01T11:00:00Z')],
      ],
      assetHandle: 'ast_path',
      receivedAt: Date.now(),
    }),
  );
  await until(() => expect(changes.some(({ alert }) => alert.id === id)).toBe(true));
  expect(changes.find(({ alert }) => alert.id === id)).toMatchObject({
    change: 'raised',
    alert: { count: 3 },
  });

  const { data, errors } = await ask(
    `query ($id: ID!) { alert(id: $id) {
      id status severity title count firstSeen lastSeen statusBy tactics
      rule { id title author references tags falsePositives }
      techniques { id url }
      entities { host user process }
      evidence(first: 1) { eventId time source raw rawTruncated origin { topicId partition offset line } event { id } }
    } }`,
    { id },
  );
  expect(errors).toBeUndefined();
  expect(data.alert).toEqual({
    id,
    status: 'open',
    severity: 'high',
    title: 'Encoded PowerShell',
    count: 3,
    firstSeen: '2026-03-01T10:00:00.000Z',
    lastSeen: '2026-03-01T11:00:00.000Z',
    statusBy: null,
    tactics: ['Execution'],
    rule: {
      id: 'rule-1',
      title: 'Encoded PowerShell',
      author: 'Ada',
      references: ['https://example.org/rule-1'],
      tags: ['attack.execution', 'attack.t1059.001'],
      falsePositives: [],
    },
    techniques: [{ id: 'T1059.001', url: 'https://attack.mitre.org/techniques/T1059/001/' }],
    entities: { host: 'WS01', user: 'CORP\\alice', process: null },
    evidence: [
      {
        eventId: 'evt-topic-a-0-1-0',
        time: '2026-03-01T10:00:00.000Z',
        source: 'windows-sysmon',
        raw: '{"offset":1}',
        rawTruncated: false,
        origin: { topicId: 'topic-a', partition: 0, offset: 1, line: 0 },
        event: { id: 'evt-topic-a-0-1-0' },
      },
    ],
  });
});

test('an alert is resolved by its key, and assets show their alerts, by _entities', async () => {
  const { ask } = await start();
  await produceFindings(
    ...['e1', 'e2', 'e3'].map((fingerprint, index) =>
      aFinding({ fingerprint, assetHandle: index < 2 ? 'ast_e' : 'ast_other' }),
    ),
  );
  for (const each of ['e1', 'e2', 'e3']) {
    await until(async () => expect(await countOf(ask, alertId(each))).toBe(1));
  }
  await ask('mutation ($id: ID!) { setAlertStatus(id: $id, status: resolved) { alert { id } } }', {
    id: alertId('e2'),
  });
  const { data, errors } = await ask(
    `query ($r: [_Any!]!) { _entities(representations: $r) {
      ... on Alert { id asset { handle } }
      ... on DetectionRule { id title }
      ... on Asset { openAlertCount alerts(filter: { status: [open] }) { nodes { id } pageInfo { hasNextPage } } }
    } }`,
    {
      r: [
        { __typename: 'Alert', id: alertId('e1') },
        { __typename: 'Alert', id: 'alr_none' },
        { __typename: 'DetectionRule', id: 'rule-1' },
        { __typename: 'Asset', id: 'ast_e', handles: ['ast_e', 'ast_ip'] },
        { __typename: 'Asset', id: 'ast_quiet', handles: ['ast_quiet'] },
      ],
    },
  );
  expect(errors).toBeUndefined();
  expect(data._entities).toEqual([
    { id: alertId('e1'), asset: { handle: 'ast_e' } },
    null,
    { id: 'rule-1', title: 'Encoded PowerShell' },
    { openAlertCount: 1, alerts: { nodes: [{ id: alertId('e1') }], pageInfo: { hasNextPage: false } } },
    { openAlertCount: 0, alerts: { nodes: [], pageInfo: { hasNextPage: false } } },
  ]);
});

test('setting a status needs its scope, is told on the topic, and refuses what cannot be', async () => {
  const { ask } = await start();
  const id = alertId('status');
  await produceFindings(aFinding({ fingerprint: 'status' }));
  await until(async () => expect(await countOf(ask, id)).toBe(1));
  const mutation = `mutation ($id: ID!, $status: AlertStatus!) {
    setAlertStatus(id: $id, status: $status, comment: "why") { alert { status statusBy statusComment resolvedAt } error { code message } } }`;
  const reader = await ask(mutation, { id, status: 'resolved' }, { scopes: ['threats:read'] });
  expect(reader.errors?.[0]?.extensions.code).toBe('FORBIDDEN');
  const writer = await ask(mutation, { id, status: 'resolved' }, { subject: 'key-7' });
  expect(writer.data.setAlertStatus).toMatchObject({
    alert: { status: 'resolved', statusBy: 'key-7', statusComment: 'why', resolvedAt: expect.any(String) },
    error: null,
  });
  expect((await ask(mutation, { id, status: 'acknowledged' })).data.setAlertStatus).toMatchObject({
    alert: { status: 'resolved' },
    error: { code: 'TRANSITION_NOT_ALLOWED' },
  });
  expect((await ask(mutation, { id: 'alr_none', status: 'open' })).data.setAlertStatus).toMatchObject({
    alert: null,
    error: { code: 'ALERT_NOT_FOUND' },
  });
  await until(() =>
    expect(changes.filter(({ alert }) => alert.id === id).map(({ change }) => change)).toEqual([
      'raised',
      'status_changed',
    ]),
  );
});

test('messages that can never be used cost themselves alone', async () => {
  const { ask, metrics } = await start();
  const bad = aFinding({ fingerprint: 'bad', matches: [[1, 1, 1]] });
  await produce(topics.findings.name, [
    { key: 'a', value: 'not json' },
    { key: 'a', value: { ...bad, schema: 2 } },
    // Within the bounds of the message, beyond those of the table.
    {
      key: 'a',
      value: {
        ...bad,
        matches: [
          [1, Number.MAX_SAFE_INTEGER, 1],
          [2, Number.MAX_SAFE_INTEGER, 1],
          [3, Number.MAX_SAFE_INTEGER, 1],
          ...Array.from({ length: 1100 }, (_, i) => [i + 4, Number.MAX_SAFE_INTEGER, 1]),
        ],
      },
    },
    {
      key: 'a',
      value: JSON.stringify(aFinding({ fingerprint: 'good', entities: { user: 'nul-char' } })).replace(
        'nul-char',
        String.raw`a\u0000b`,
      ),
    },
  ]);
  await until(async () => expect(await countOf(ask, alertId('good'))).toBe(1));
  expect(await countOf(ask, alertId('bad'))).toBeUndefined();
  expect(await metrics.registry.metrics()).toContain(
    'parapet_threats_messages_skipped_total{topic="findings",service="test"} 3',
  );
});

test('rules come from findings and from those that tell them; the latest load wins', async () => {
  const { ask } = await start();
  const load = (title: string, loadedAt: number, id = 'rule-loaded') => ({
    key: id,
    value: { schema: 1, rule: aRule({ id, title, tags: ['attack.t1003'] }), loadedAt },
  });
  await produceFindings(
    aFinding({ fingerprint: 'r', rule: aRule({ id: 'rule-loaded', title: 'As it fired' }) }),
  );
  await until(async () => expect(await countOf(ask, alertId('r'))).toBe(1));
  await produce(topics.rules.name, [load('New', 2000), load('Old', 1000), load('Zeta', 1, 'rule-zeta')]);
  const query = `query ($search: String) { detectionRules(search: $search, first: 1) {
    nodes { id title techniques { id } alerts { nodes { id } } } pageInfo { hasNextPage endCursor } } }`;
  await until(async () => {
    expect((await ask(query, { search: 'ZETA' })).data.detectionRules.nodes).toHaveLength(1);
  });
  const { data } = await ask(query, { search: 'rule-loaded' });
  expect(data.detectionRules).toMatchObject({
    nodes: [
      {
        id: 'rule-loaded',
        title: 'New',
        techniques: [{ id: 'T1003' }],
        alerts: { nodes: [{ id: alertId('r') }] },
      },
    ],
    pageInfo: { hasNextPage: false },
  });
  const first = await ask(
    '{ detectionRules(first: 1) { nodes { title } pageInfo { hasNextPage endCursor } } }',
  );
  const second = await ask('query ($after: String) { detectionRules(after: $after) { nodes { title } } }', {
    after: first.data.detectionRules.pageInfo.endCursor,
  });
  const titles = [...first.data.detectionRules.nodes, ...second.data.detectionRules.nodes].map(
    (rule: { title: string }) => rule.title,
  );
  expect(titles).toEqual(['Encoded PowerShell', 'New', 'Zeta']);
  expect((await ask('{ detectionRules(search: "") { nodes { id } } }')).errors?.[0]?.extensions.code).toBe(
    'BAD_USER_INPUT',
  );
});

test('two processes share the work, and every change is published with a rising sequence', async () => {
  const [one] = await Promise.all([start(), start()]);
  const before = changes.length;
  const fingerprints = Array.from({ length: 40 }, (_, i) => `shared-${i}`);
  for (const from of [0, 1, 2]) {
    await produceFindings(
      ...fingerprints.map((fingerprint) => aFinding({ fingerprint, matches: [[from, 1, 1000 + from]] })),
      // What came before comes again.
      ...fingerprints.map((fingerprint) => aFinding({ fingerprint, matches: [[0, 1, 1000]] })),
    );
  }
  const ids = new Set(fingerprints.map(alertId));
  await until(async () => {
    const { data } = await one.ask('{ alerts(first: 500) { nodes { id count } } }');
    const counts = data.alerts.nodes.filter(({ id }: { id: string }) => ids.has(id));
    expect(counts.map(({ count }: { count: number }) => count)).toEqual(fingerprints.map(() => 3));
  });
  await until(() => {
    // Readers drop what they have seen: so does this one.
    const fresh = changes.slice(before).filter(({ alert }) => ids.has(alert.id));
    const last = new Map(fresh.map(({ alert }) => [alert.id, alert.count]));
    expect([...last.values()]).toEqual(fingerprints.map(() => 3));
  });
  const sequences = [...new Set(changes.map(({ sequence }) => sequence))];
  expect(sequences).toEqual([...sequences].sort((a, b) => a - b));
  const raised = changes.filter(({ change, alert }) => change === 'raised' && ids.has(alert.id));
  expect(new Set(raised.map(({ sequence }) => sequence)).size).toBe(40);
});
