import { createDatabase, type Database } from '@parapet/database';
import { createTestDatabase, type TestDatabase } from '@parapet/database/testing';
import { AlertChange, type Finding } from '@parapet/event-model';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createAlertReader } from './alert-reader.ts';
import { alertId, announceIntervalMs } from './alert-state.ts';
import { createAlertWriter } from './alert-writer.ts';
import { aFinding, anEvidenceEvent, aRule } from './testing/a-finding.ts';

let testDatabase: TestDatabase;
let database: Database;
let clock = 0;
let committed = 0;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  database = createDatabase({ url: testDatabase.url });
});
beforeEach(async () => {
  clock = Date.parse('2026-03-01T12:00:00Z');
  committed = 0;
  await database.prisma.$executeRaw`TRUNCATE alerts, alert_evidence, alert_changes RESTART IDENTITY CASCADE`;
});
afterAll(async () => {
  await database?.close();
  await testDatabase?.close();
});

const createWriter = () =>
  createAlertWriter({ prisma: database.prisma, now: () => clock, onCommitted: () => (committed += 1) });

async function outbox(): Promise<AlertChange[]> {
  const rows = await database.prisma.alertChange.findMany({ orderBy: { sequence: 'asc' } });
  return rows.map(({ sequence, message }) =>
    AlertChange.parse({ ...(message as object), sequence: Number(sequence) }),
  );
}

test('a finding becomes an alert with evidence and a change, whole and valid', async () => {
  const finding = aFinding({ matches: [[4, 2, 1_000_004]], assetHandle: 'ast_1' });
  expect(await createWriter().applyFindings([finding])).toEqual({
    raised: 1,
    updated: 0,
    newEvents: 2,
    changes: 1,
  });
  const id = alertId('fp-1');
  const alert = await database.prisma.alert.findUniqueOrThrow({ where: { id }, include: { evidence: true } });
  expect(alert).toMatchObject({
    status: 'open',
    severity: 'high',
    title: finding.rule.title,
    ruleId: 'rule-1',
    rule: finding.rule,
    entities: finding.entities,
    assetHandle: 'ast_1',
    host: 'ws01',
    user: 'corp\\alice',
    count: 2n,
    counted: { 'topic-a/0': 4 },
    firstSeen: new Date(1_000_004),
    receivedAt: new Date(1_000_009),
    createdAt: new Date(clock),
    pendingSince: null,
  });
  expect(alert.evidence).toHaveLength(1);
  expect(alert.evidence[0]).toMatchObject({ raw: '{"offset":4}', origin: { offset: 4 } });
  expect(await outbox()).toMatchObject([
    { sequence: 1, change: 'raised', at: clock, receivedAt: 1_000_009, alert: { id, count: 2 } },
  ]);
  expect(committed).toBe(1);
});

test('a batch that comes again, cut otherwise, changes nothing', async () => {
  const writer = createWriter();
  await writer.applyFindings([
    aFinding({
      matches: [
        [1, 1, 10],
        [2, 1, 20],
      ],
    }),
    aFinding({ fingerprint: 'fp-2' }),
  ]);
  const before = await database.prisma.alert.findMany({ orderBy: { id: 'asc' } });
  clock += 60_000;
  await writer.applyFindings([aFinding({ fingerprint: 'fp-2' })]);
  await writer.applyFindings([aFinding({ matches: [[1, 1, 10]] }), aFinding({ matches: [[2, 1, 20]] })]);
  expect(await database.prisma.alert.findMany({ orderBy: { id: 'asc' } })).toEqual(before);
  expect(await outbox()).toHaveLength(2);
  expect(committed).toBe(1);
});

test('at most 50 evidence events are kept, the first ones', async () => {
  const writer = createWriter();
  for (let batch = 0; batch < 8; batch++) {
    const matches = Array.from({ length: 10 }, (_, i): [number, number, number] => {
      const offset = batch * 10 + i;
      return [offset, 1, 1000 + offset];
    });
    await writer.applyFindings([aFinding({ matches })]);
  }
  const kept = await database.prisma.alertEvidence.findMany({ orderBy: { time: 'asc' } });
  expect(kept.map(({ time }) => time.getTime() - 1000)).toEqual(Array.from({ length: 50 }, (_, i) => i));
  expect((await database.prisma.alert.findFirstOrThrow()).count).toBe(80n);
});

test('updates that came too early are told once their time has come, with the latest state', async () => {
  const writer = createWriter();
  await writer.applyFindings([aFinding({ matches: [[1, 1, 10]] })]);
  clock += 100;
  await writer.applyFindings([aFinding({ matches: [[2, 1, 20]] })]);
  await writer.applyFindings([aFinding({ matches: [[3, 1, 30]] })]);
  expect(await writer.tellPending()).toBe(0);
  expect(await outbox()).toHaveLength(1);
  clock += announceIntervalMs;
  expect(await writer.tellPending()).toBe(1);
  expect(await writer.tellPending()).toBe(0);
  expect((await outbox())[1]).toMatchObject({ change: 'updated', receivedAt: 25, alert: { count: 3 } });
});

test('an alert is acknowledged, resolved, and raised again by a later event alone', async () => {
  const writer = createWriter();
  const id = alertId('fp-1');
  await writer.applyFindings([aFinding({ matches: [[1, 1, 10]] })]);
  const by = { comment: 'mine', by: 'bob' };
  expect((await writer.setStatus(id, { status: 'acknowledged', ...by })).kind).toBe('changed');
  expect((await writer.setStatus(id, { status: 'acknowledged', ...by })).kind).toBe('same');
  expect((await writer.setStatus(id, { status: 'resolved', ...by })).kind).toBe('changed');
  expect(await writer.setStatus(id, { status: 'acknowledged', ...by })).toMatchObject({ kind: 'refused' });
  expect(await writer.setStatus('alr_none', { status: 'open', ...by })).toMatchObject({
    code: 'ALERT_NOT_FOUND',
  });
  await writer.applyFindings([aFinding({ matches: [[1, 1, 10]] })]);
  expect((await outbox()).at(-1)).toMatchObject({ change: 'status_changed', alert: { status: 'resolved' } });
  await writer.applyFindings([aFinding({ matches: [[2, 1, 20]] })]);
  const changes = await outbox();
  expect(changes.map(({ change, alert }) => `${change} ${alert.status}`)).toEqual([
    'raised open',
    'status_changed acknowledged',
    'status_changed resolved',
    'raised open',
  ]);
  expect(changes[1]?.receivedAt).toBeUndefined();
  expect(await database.prisma.alert.findFirstOrThrow()).toMatchObject({
    status: 'open',
    statusBy: 'bob',
    statusComment: 'mine',
    resolvedAt: null,
    count: 2n,
  });
});

test('two writers with overlapping batches at the same time count every event once and number changes in order of commit', async () => {
  const writers = [createWriter(), createWriter(), createWriter()];
  const fingerprints = Array.from({ length: 30 }, (_, i) => `fp-${i}`);
  const batch = (from: number): Finding[] =>
    fingerprints.map((fingerprint) =>
      aFinding({
        fingerprint,
        matches: Array.from({ length: 5 }, (_, i): [number, number, number] => [
          from + i,
          1,
          1000 + from + i,
        ]),
      }),
    );
  const seen: bigint[] = [];
  let watching = true;
  // A reader in order of sequence must never find one below what it has seen.
  const watcher = (async () => {
    while (watching) {
      const rows = await database.prisma.alertChange.findMany({ select: { sequence: true } });
      for (const { sequence } of rows) {
        if (seen.includes(sequence)) continue;
        expect(seen.every((earlier) => earlier < sequence)).toBe(true);
        seen.push(sequence);
      }
    }
  })();
  await Promise.all(
    writers.map(async (writer, index) => {
      // The same records everywhere, each writer with its findings in another order.
      for (const from of [0, 5, 10, 3, 15]) {
        const findings = batch(from);
        await writer.applyFindings(index === 1 ? findings.toReversed() : findings);
        clock += announceIntervalMs;
      }
    }),
  );
  watching = false;
  await watcher;
  const alerts = await database.prisma.alert.findMany();
  expect(alerts).toHaveLength(30);
  expect(alerts.map(({ count }) => count)).toEqual(alerts.map(() => 20n));
  const raised = (await outbox()).filter(({ change }) => change === 'raised');
  expect(new Set(raised.map(({ alert }) => alert.id)).size).toBe(30);
  expect(raised).toHaveLength(30);
});

test('names of any length and times of any size can be kept', async () => {
  const finding = aFinding({
    entities: { host: '長'.repeat(1000), user: 'u'.repeat(1000), process: 'p'.repeat(32_768) },
    firstSeen: -8e15,
    lastSeen: 8e15,
    evidence: [anEvidenceEvent({ time: 9e15, raw: 'x'.repeat(65_536) })],
  });
  await createWriter().applyFindings([finding]);
  const reader = createAlertReader(database.prisma);
  const page = { first: 10, limit: 11, after: undefined };
  expect(await reader.list({ host: '長'.repeat(1000) }, page)).toHaveLength(1);
});

test('lists page through alerts by every filter, without ties lost', async () => {
  const writer = createWriter();
  const findings = Array.from({ length: 25 }, (_, i) =>
    aFinding({
      fingerprint: `fp-${i}`,
      rule: aRule({ id: i % 2 === 0 ? 'even' : 'odd', level: i < 5 ? 'critical' : 'low' }),
      entities: { host: `WS0${i % 3}`, user: 'Alice' },
      assetHandle: `ast_${i % 4}`,
    }),
  );
  await writer.applyFindings(findings.slice(0, 20));
  clock += 1000;
  await writer.applyFindings(findings.slice(20));
  const reader = createAlertReader(database.prisma);
  const all = async (filter: Parameters<typeof reader.list>[0]) => {
    const found: string[] = [];
    let after: [number, string] | undefined;
    for (;;) {
      const page = await reader.list(filter, { first: 4, limit: 4, after });
      found.push(...page.map(({ fingerprint }) => fingerprint));
      const last = page.at(-1);
      if (!last) return found;
      after = [last.createdAt, last.id];
    }
  };
  const everything = await all({});
  expect(new Set(everything).size).toBe(25);
  expect(everything).toHaveLength(25);
  expect(everything.slice(0, 5).sort()).toEqual(['fp-20', 'fp-21', 'fp-22', 'fp-23', 'fp-24']);
  expect(await all({ minSeverity: 'high' })).toHaveLength(5);
  expect(await all({ severity: ['low', 'critical'], minSeverity: 'medium' })).toHaveLength(5);
  expect(await all({ severity: [] })).toEqual([]);
  expect(await all({ ruleId: 'even' })).toHaveLength(13);
  expect(await all({ host: 'ws00', user: 'ALICE' })).toHaveLength(9);
  expect(await all({ status: ['resolved'] })).toEqual([]);
  expect(await all({ since: new Date(clock) })).toHaveLength(5);
  expect(await all({ until: new Date(clock) })).toHaveLength(20);

  const assets = [
    { key: 'a', handles: ['ast_0', 'ast_1'] },
    { key: 'b', handles: ['ast_2'] },
    { key: 'c', handles: [] },
  ];
  const byAsset = await reader.listByAssets(
    assets,
    { minSeverity: 'low' },
    { first: 5, limit: 5, after: undefined },
  );
  expect([byAsset.get('a')?.length, byAsset.get('b')?.length, byAsset.get('c')]).toEqual([5, 5, undefined]);
  expect(await reader.countOpenByAssets(assets)).toEqual(
    new Map([
      ['a', 13],
      ['b', 6],
      ['c', 0],
    ]),
  );
});
