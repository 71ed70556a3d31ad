import type { Finding } from '@parapet/event-model';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Alert, alertId, announceIntervalMs, nextAlertState } from './alert-state.ts';
import { aFinding, aRule } from './testing/a-finding.ts';

const now = 5_000_000;

function apply(before: Alert | undefined, findings: Finding[], at = now) {
  const step = nextAlertState(before, findings, at);
  if (!step) throw new Error('nothing was found');
  return step;
}

test('the first finding raises an alert that says what the rule says', () => {
  const { alert, change, receivedAt, newEvents } = apply(undefined, [
    aFinding({
      matches: [
        [3, 2, 1_000_003],
        [7, 1, 1_000_001],
      ],
      assetHandle: 'ast_1',
    }),
  ]);
  expect(change).toBe('raised');
  expect(newEvents).toBe(3);
  expect(receivedAt).toBe(1_000_006);
  expect(alert).toMatchObject({
    id: alertId('fp-1'),
    status: 'open',
    severity: 'high',
    title: 'Encoded PowerShell',
    rule: aRule(),
    entities: { host: 'WS01', user: 'CORP\\alice' },
    assetHandle: 'ast_1',
    count: 3,
    counted: { 'topic-a/0': 7 },
    firstSeen: 1_000_001,
    lastSeen: 1_000_003,
    createdAt: now,
    announcedAt: now,
    pendingSince: null,
  });
});

test('a finding that came before changes nothing at all', () => {
  const finding = aFinding({
    matches: [
      [1, 1, 10],
      [2, 1, 20],
    ],
  });
  const { alert } = apply(undefined, [finding]);
  const again = apply(alert, [finding], now + 60_000);
  expect(again.alert).toBe(alert);
  expect(again).toMatchObject({ change: undefined, newEvents: 0, evidence: [] });
});

test('of a finding that is partly new only the new part is counted, with its evidence', () => {
  const { alert } = apply(undefined, [
    aFinding({
      matches: [
        [1, 1, 10],
        [2, 4, 20],
      ],
    }),
  ]);
  const step = apply(
    alert,
    [
      aFinding({
        matches: [
          [2, 4, 20],
          [3, 5, 30],
        ],
      }),
    ],
    now + 60_000,
  );
  expect(step.newEvents).toBe(5);
  expect(step.alert.count).toBe(10);
  expect(step.evidence.map(({ origin }) => origin.offset)).toEqual([3]);
});

test('partitions and topics are counted apart', () => {
  const { alert } = apply(undefined, [
    aFinding({ partition: 0, matches: [[9, 1, 1]] }),
    aFinding({ partition: 1, matches: [[2, 1, 1]] }),
    aFinding({ topicId: 'topic-b', matches: [[1, 1, 1]] }),
  ]);
  expect(alert.count).toBe(3);
  expect(alert.counted).toEqual({ 'topic-a/0': 9, 'topic-a/1': 2, 'topic-b/0': 1 });
});

test('a resolved alert is raised again by a new event and not by an old one', () => {
  const finding = aFinding({ matches: [[1, 1, 10]] });
  const { alert } = apply(undefined, [finding]);
  const resolved: Alert = { ...alert, status: 'resolved', resolvedAt: now, statusBy: 'bob' };
  expect(apply(resolved, [finding]).alert.status).toBe('resolved');

  const later = aFinding({ matches: [[2, 1, 20]], rule: aRule({ title: 'Renamed', level: 'low' }) });
  const step = apply(resolved, [later], now + 1);
  expect(step.change).toBe('raised');
  expect(step.alert).toMatchObject({
    id: alert.id,
    status: 'open',
    resolvedAt: null,
    title: 'Renamed',
    severity: 'low',
    count: 2,
    firstSeen: 10,
    createdAt: alert.createdAt,
    receivedAt: later.receivedAt,
    statusBy: 'bob',
  });
});

test('an acknowledged alert stays acknowledged and is updated', () => {
  const { alert } = apply(undefined, [aFinding()]);
  const step = apply(
    { ...alert, status: 'acknowledged' },
    [aFinding({ matches: [[5, 1, 10]] })],
    now + announceIntervalMs,
  );
  expect(step).toMatchObject({ change: 'updated', alert: { status: 'acknowledged' } });
});

test('updates keep their distance: one too early waits, and the next one tells since when', () => {
  const { alert } = apply(undefined, [aFinding({ matches: [[1, 1, 10]] })]);
  const early = apply(alert, [aFinding({ matches: [[2, 1, 100]] })], now + announceIntervalMs - 1);
  expect(early.change).toBeUndefined();
  expect(early.alert).toMatchObject({ count: 2, pendingSince: 105, announcedAt: now });
  const later = apply(early.alert, [aFinding({ matches: [[3, 1, 200]] })], now + announceIntervalMs);
  expect(later).toMatchObject({
    change: 'updated',
    receivedAt: 105,
    alert: { count: 3, pendingSince: null, announcedAt: now + announceIntervalMs },
  });
});

test('however the same records are cut into findings, batches and replays, the alert is the same', () => {
  const record = fc.record({
    partition: fc.integer({ min: 0, max: 2 }),
    events: fc.integer({ min: 1, max: 5 }),
    time: fc.integer({ min: 0, max: 1000 }),
  });
  fc.assert(
    fc.property(
      fc.array(record, { minLength: 1, maxLength: 20 }),
      // How many records each delivery moves on, and how many it goes back first (a crash before the commit).
      fc.array(fc.record({ forward: fc.integer({ min: 1, max: 6 }), back: fc.integer({ min: 0, max: 6 }) }), {
        minLength: 30,
        maxLength: 30,
      }),
      (records, deliveries) => {
        const byPartition = new Map<number, [number, number, number][]>();
        for (const { partition, events, time } of records) {
          const matches = byPartition.get(partition) ?? [];
          matches.push([matches.length * 2, events, time]);
          byPartition.set(partition, matches);
        }
        const whole = apply(
          undefined,
          [...byPartition].map(([partition, matches]) => aFinding({ partition, matches })),
        ).alert;

        let alert: Alert | undefined;
        for (const [partition, matches] of byPartition) {
          let position = 0;
          for (const { forward, back } of deliveries) {
            const start = Math.max(0, position - back);
            const end = Math.min(matches.length, position + forward);
            if (start < end) {
              alert = apply(alert, [aFinding({ partition, matches: matches.slice(start, end) })]).alert;
            }
            position = end;
          }
          expect(position).toBe(matches.length);
        }
        const lasting = ({ count, counted, firstSeen, lastSeen, status, id }: Alert) => ({
          count,
          counted,
          firstSeen,
          lastSeen,
          status,
          id,
        });
        expect(alert && lasting(alert)).toEqual(lasting(whole));
        expect(whole.count).toBe(records.reduce((sum, { events }) => sum + events, 0));
      },
    ),
  );
});

test('the highest risk score is kept with its reasons, in whatever order findings come', () => {
  const reasons = (points: number) => [{ reason: 'rule' as const, label: 'A rule', points, source: 'r' }];
  const scored = (offset: number, riskScore: number) =>
    aFinding({ matches: [[offset, 1, offset]], riskScore, riskContributions: reasons(riskScore) });
  const unscored = aFinding({ matches: [[9, 1, 9]] });
  for (const scores of [
    [20, 70, 40],
    [70, 40, 20],
    [40, 20, 70],
  ]) {
    const findings = [...scores.map((score, offset) => scored(offset, score)), unscored];
    expect(apply(undefined, findings).alert).toMatchObject({ riskScore: 70, riskContributions: reasons(70) });
  }
  expect(apply(undefined, [unscored]).alert).toMatchObject({ riskScore: null, riskContributions: [] });
});
