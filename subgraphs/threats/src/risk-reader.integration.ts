import { createDatabase, type Database } from '@parapet/database';
import { createTestDatabase, type TestDatabase } from '@parapet/database/testing';
import { defaultRiskWeights, type RiskWeights, riskHorizonMs, scoreEntity } from '@parapet/detection';
import type { Finding } from '@parapet/event-model';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createAlertReader } from './alert-reader.ts';
import { alertId } from './alert-state.ts';
import { createAlertWriter } from './alert-writer.ts';
import { createRiskReader, riskKey, riskPaging } from './risk-reader.ts';
import { aFinding, aRule } from './testing/a-finding.ts';

let testDatabase: TestDatabase;
let database: Database;
const now = Date.parse('2026-03-01T12:00:00Z');
const week = 7 * 24 * 3_600_000;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  database = createDatabase({ url: testDatabase.url });
});
beforeEach(async () => {
  await database.prisma.$executeRaw`TRUNCATE alerts, alert_evidence, alert_changes RESTART IDENTITY CASCADE`;
});
afterAll(async () => {
  await database?.close();
  await testDatabase?.close();
});

const createWriter = () =>
  createAlertWriter({ prisma: database.prisma, now: () => now, onCommitted: () => undefined });
const createReader = (at = now, weights: RiskWeights = defaultRiskWeights) =>
  createRiskReader({ prisma: database.prisma, weights, now: () => at });

/** A finding of `events` events at `time`, of a rule of its own unless `rule` says otherwise. */
const found = (
  fingerprint: string,
  { events = 1, time = now, ...overrides }: Partial<Finding> & { events?: number; time?: number } = {},
) =>
  aFinding({
    fingerprint,
    rule: aRule({ id: `rule-${fingerprint}` }),
    matches: [[0, events, time]],
    ...overrides,
  });

test('an alert keeps the score of its riskiest event since it was raised, and what made it', async () => {
  const writer = createWriter();
  const reader = createAlertReader(database.prisma);
  const id = alertId('kept');
  const contribution = { reason: 'rule', label: 'A rule', points: 70, source: 'r' } as const;
  const at = (offset: number, riskScore?: number): Finding =>
    aFinding({
      fingerprint: 'kept',
      matches: [[offset, 1, now + offset]],
      ...(riskScore !== undefined && {
        riskScore,
        riskContributions: [{ ...contribution, points: riskScore }],
      }),
    });
  const kept = async () => {
    const alert = (await reader.byIds([id])).get(id);
    return [alert?.riskScore, alert?.riskContributions];
  };

  await writer.applyFindings([at(1)]);
  expect(await kept()).toEqual([null, []]);
  await writer.applyFindings([at(2, 70), at(3, 20)]);
  expect(await kept()).toEqual([70, [contribution]]);
  await writer.applyFindings([at(2, 99)]);
  expect(await kept()).toEqual([70, [contribution]]);
  await writer.setStatus(id, { status: 'resolved', comment: null, by: 'somebody' });
  await writer.applyFindings([at(4, 20)]);
  expect(await kept()).toEqual([20, [{ ...contribution, points: 20 }]]);
});

test('the risk of assets is made from the alerts about any of their names', async () => {
  await createWriter().applyFindings([
    found('a', { riskScore: 75, assetHandle: 'ast_1' }),
    found('b', { riskScore: 40, assetHandle: 'ast_ip', time: now - week, events: 8 }),
    found('c', { riskScore: 90, assetHandle: 'ast_other' }),
    found('old', { riskScore: 90, assetHandle: 'ast_1', time: now - riskHorizonMs(defaultRiskWeights) - 1 }),
  ]);
  const risks = await createReader().ofAssets([
    { key: 'one', handles: ['ast_1', 'ast_ip'] },
    { key: 'two', handles: ['ast_other'] },
    { key: 'quiet', handles: ['ast_quiet'] },
    { key: 'nameless', handles: [] },
  ]);
  expect(risks.get('one')).toMatchObject({ score: 82, level: 'critical' });
  expect(risks.get('one')?.sum).toBeCloseTo(75 + 23, 9);
  expect(risks.get('one')?.contributions.map(({ alert }) => alert.id)).toEqual([alertId('a'), alertId('b')]);
  expect(risks.get('two')?.sum).toBe(90);
  expect([...risks.keys()].sort()).toEqual(['one', 'two']);
});

test('a resolved alert counts nothing, and one that was not scored counts what its rule weighs', async () => {
  const writer = createWriter();
  const user = { user: 'CORP\\alice' };
  await writer.applyFindings([
    found('plain', { entities: user, rule: aRule({ id: 'plain', level: 'medium' }) }),
    found('tagged', { entities: user, rule: aRule({ id: 'tagged', tags: ['risk.33'] }) }),
    found('done', { entities: user, riskScore: 90 }),
  ]);
  await writer.setStatus(alertId('done'), { status: 'resolved', comment: null, by: 'somebody' });
  const risk = (await createReader().ofNames('user', ['corp\\ALICE'])).get('corp\\ALICE');
  expect(risk?.name).toBe('CORP\\alice');
  expect(risk?.contributions.map(({ points }) => points)).toEqual([40, 33]);
});

test('hosts, users and accounts are ranked by risk, page by page of one moment', async () => {
  const entities = (name: string) => ({ host: name, user: `u-${name}`, account: `acc-${name}` });
  const names = ['H1', 'h2', 'h3', 'h4', 'h5'];
  await createWriter().applyFindings([
    ...names.map((name, index) =>
      found(`f${name}`, { entities: entities(name), riskScore: [10, 50, 50, 90, 0][index] ?? 0 }),
    ),
    found('second', { entities: entities('h1'), riskScore: 10, time: now + 1 }),
    found('nobody', { entities: { sourceAddress: '192.0.2.1' }, riskScore: 90 }),
  ]);
  for (const [kind, prefix] of [
    ['host', ''],
    ['user', 'u-'],
    ['account', 'acc-'],
  ] as const) {
    const seen: string[] = [];
    let after: string | null | undefined;
    // Time passes between the pages.
    for (let at = now; ; at += week) {
      const page = riskPaging.toPage({ first: 1, after });
      const { nodes, pageInfo } = riskPaging.toConnection(
        page,
        await createReader(at).top(kind, page),
        riskKey,
      );
      seen.push(...nodes.map(({ name }) => name));
      if (!pageInfo.hasNextPage) break;
      after = pageInfo.endCursor;
    }
    expect(seen.at(0)).toBe(`${prefix}h4`);
    expect(seen.slice(1, 3).sort()).toEqual([`${prefix}h2`, `${prefix}h3`]);
    expect(seen.slice(3)).toEqual([`${prefix}h1`]);
  }
});

test('an entity’s risk by name is the one that the ranking shows', async () => {
  await createWriter().applyFindings(
    Array.from({ length: 12 }, (_, index) =>
      found(`g${index}`, {
        entities: { host: `host-${index % 3}` },
        rule: aRule({ id: `rule-${index % 2}` }),
        riskScore: 10 + index * 7,
        time: now - index * 3_600_000,
        events: 1 + index,
      }),
    ),
  );
  const reader = createReader();
  const ranked = await reader.top('host', riskPaging.toPage({}));
  const named = await reader.ofNames('host', ['host-0', 'host-1', 'host-2', 'nobody']);
  expect(ranked).toHaveLength(3);
  expect(named.size).toBe(3);
  for (const { at, ...risk } of ranked) {
    expect(named.get(risk.name)).toEqual(risk);
    const alerts = risk.contributions.map(({ alert }) => alert);
    expect(scoreEntity(alerts, defaultRiskWeights, at).sum).toBe(risk.sum);
  }
});
