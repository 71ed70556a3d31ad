import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createDatabase, type Database } from '@parapet/database';
import { createTestDatabase, type TestDatabase } from '@parapet/database/testing';
import { defaultRiskWeights } from '@parapet/detection';
import { createLogger, createMetrics } from '@parapet/service';
import { type Subgraph, startSubgraph } from '@parapet/subgraph';
import { type Ask, createAsk } from '@parapet/subgraph/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createAlertReader } from './alert-reader.ts';
import { alertId } from './alert-state.ts';
import { type AlertWriter, createAlertWriter } from './alert-writer.ts';
import { createThreatsContext } from './context.ts';
import { resolvers } from './resolvers.ts';
import { createRiskReader } from './risk-reader.ts';
import { createRuleReader } from './rule-reader.ts';
import { aFinding } from './testing/a-finding.ts';

const secret = randomBytes(32).toString('base64');
const now = Date.parse('2026-03-01T12:00:00Z');
let testDatabase: TestDatabase;
let database: Database;
let subgraph: Subgraph;
let writer: AlertWriter;
let ask: Ask;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  database = createDatabase({ url: testDatabase.url });
  const { prisma } = database;
  writer = createAlertWriter({ prisma, now: () => now, onCommitted: () => undefined });
  const stores = {
    reader: createAlertReader(prisma),
    writer,
    rules: createRuleReader(prisma),
    risks: createRiskReader({ prisma, weights: defaultRiskWeights, now: () => now }),
    weights: defaultRiskWeights,
  };
  subgraph = await startSubgraph({
    name: 'threats',
    typeDefs: await readFile(new URL('../schema.graphql', import.meta.url), 'utf8'),
    resolvers,
    createContext: (identity) => createThreatsContext(stores, identity),
    secret,
    host: '127.0.0.1',
    port: 0,
    log: createLogger({ service: 'test', level: 'silent' }),
    metrics: createMetrics('test'),
  });
  ask = createAsk(subgraph.url, secret);
});
afterAll(async () => {
  await subgraph?.stop(AbortSignal.timeout(5_000));
  await database?.close();
  await testDatabase?.close();
});

test('alerts, assets and entities show their risk and what makes it', async () => {
  const riskContributions = [
    { reason: 'rule' as const, label: 'Encoded PowerShell', points: 60, source: 'rule-1' },
    {
      reason: 'asset' as const,
      label: 'dc7 is of high criticality (device.hostname)',
      points: 10,
      source: 'cmdb',
    },
  ];
  const matches: [number, number, number][] = [[0, 1, now]];
  await writer.applyFindings([
    aFinding({
      fingerprint: 'risk1',
      entities: { host: 'DC7', user: 'bob' },
      assetHandle: 'ast_dc7',
      riskScore: 70,
      riskContributions,
      matches,
    }),
    aFinding({
      fingerprint: 'risk2',
      entities: { host: 'DC7' },
      assetHandle: 'ast_dc7',
      matches,
    }),
  ]);
  const risk = `riskScore riskLevel riskSum
    riskContributions(first: 1) { alert { id } points alertScore statusFactor ageFactor countFactor repeatFactor }`;
  const { data, errors } = await ask(
    `query ($a: ID!, $b: ID!, $r: [_Any!]!) {
      scored: alert(id: $a) { riskScore riskLevel riskContributions { reason label points source } }
      plain: alert(id: $b) { riskScore riskLevel riskContributions { reason label points source } }
      _entities(representations: $r) { ... on Asset { ${risk} } }
      entityRisk(kind: host, name: "dc7") { kind name alertCount lastSeen asset { handle } ${risk} }
      quiet: entityRisk(kind: user, name: "nobody") { name riskScore alertCount lastSeen asset { handle } }
      entityRisks(kind: user, first: 1) { nodes { name riskScore } pageInfo { hasNextPage } }
    }`,
    {
      a: alertId('risk1'),
      b: alertId('risk2'),
      r: [
        { __typename: 'Asset', id: 'ast_dc7', handles: ['ast_dc7'] },
        { __typename: 'Asset', id: 'ast_calm', handles: ['ast_calm'] },
      ],
    },
  );
  expect(errors).toBeUndefined();
  expect(data.scored).toEqual({ riskScore: 70, riskLevel: 'high', riskContributions });
  expect(data.plain).toEqual({
    riskScore: 60,
    riskLevel: 'high',
    riskContributions: [{ reason: 'rule', label: 'Encoded PowerShell', points: 60, source: 'rule-1' }],
  });
  const dc7 = {
    riskScore: 82,
    riskLevel: 'critical',
    riskSum: 100,
    riskContributions: [
      {
        alert: { id: alertId('risk1') },
        points: 70,
        alertScore: 70,
        statusFactor: 1,
        ageFactor: 1,
        countFactor: 1,
        repeatFactor: 1,
      },
    ],
  };
  expect(data._entities).toEqual([
    dc7,
    { riskScore: 0, riskLevel: 'informational', riskSum: 0, riskContributions: [] },
  ]);
  expect(data.entityRisk).toMatchObject({ ...dc7, kind: 'host', name: 'DC7', alertCount: 2 });
  expect(data.entityRisk.asset.handle).toMatch(/^ast_/);
  expect(data.quiet).toEqual({ name: 'nobody', riskScore: 0, alertCount: 0, lastSeen: null, asset: null });
  expect(data.entityRisks.nodes).toEqual([{ name: 'bob', riskScore: 70 }]);
});

test('risks are shown to those who may read alerts, within bounds', async () => {
  const codeOf = async (query: string, scopes?: ('events:read' | 'threats:read')[]) =>
    (await ask(query, {}, scopes ? { scopes } : {})).errors?.[0]?.extensions.code;
  expect(await codeOf('{ entityRisks(kind: host) { nodes { name } } }', ['events:read'])).toBe('FORBIDDEN');
  expect(await codeOf('{ entityRisks(kind: host) { nodes { name } } }', ['threats:read'])).toBeUndefined();
  for (const query of [
    '{ entityRisks(kind: host, first: 201) { nodes { name } } }',
    '{ entityRisks(kind: host, after: "x") { nodes { name } } }',
    '{ entityRisk(kind: host, name: "") { name } }',
    '{ entityRisk(kind: host, name: "x") { riskContributions(first: 101) { points } } }',
  ]) {
    expect(await codeOf(query)).toBe('BAD_USER_INPUT');
  }
});
