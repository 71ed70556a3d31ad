import type { AlertStatus } from '@parapet/event-model';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { riskHorizonMs, scoreEntity, type WeighedAlert } from './entity-risk.ts';
import { defaultRiskWeights, RiskWeights } from './risk-weights.ts';

const now = Date.UTC(2026, 2, 1);
const week = 7 * 24 * 3_600_000;
const anAlert = (overrides: Partial<WeighedAlert> = {}): WeighedAlert => ({
  id: 'alr_1',
  ruleId: 'r1',
  score: 60,
  status: 'open',
  count: 1,
  lastSeen: now,
  ...overrides,
});
const sumOf = (alerts: readonly WeighedAlert[], at = now, weights = defaultRiskWeights) =>
  scoreEntity(alerts, weights, at).sum;

test('nothing has no risk', () => {
  expect(scoreEntity([], defaultRiskWeights, now)).toEqual({
    sum: 0,
    score: 0,
    level: 'informational',
    contributions: [],
  });
});

test('the scale is the sum that makes 50, twice as much makes 75', () => {
  expect(scoreEntity([anAlert({ score: 40 })], defaultRiskWeights, now)).toMatchObject({
    score: 50,
    level: 'medium',
  });
  const two = [anAlert({ score: 40 }), anAlert({ id: 'b', ruleId: 'r2', score: 40 })];
  expect(scoreEntity(two, defaultRiskWeights, now)).toMatchObject({ sum: 80, score: 75, level: 'high' });
});

test('half of an alert is left after a half-life, and nothing after ten', () => {
  expect(sumOf([anAlert()], now + week)).toBeCloseTo(30, 9);
  expect(sumOf([anAlert()], now + riskHorizonMs(defaultRiskWeights) + 1)).toBe(0);
  expect(sumOf([anAlert()], now - week)).toBe(60);
});

test('an alert counts more the more events it has, but never more than twice', () => {
  expect(sumOf([anAlert({ count: 8 })])).toBeCloseTo(60 * 1.15, 9);
  expect(sumOf([anAlert({ count: 2 ** 40 })])).toBe(120);
});

test('of several alerts of one rule the heaviest counts in full, every further one half of the one before', () => {
  const alerts = [10, 40, 20].map((score) => anAlert({ id: `a${score}`, score }));
  const { contributions, sum } = scoreEntity(alerts, defaultRiskWeights, now);
  expect(contributions.map(({ alert, points, further }) => [alert.id, points, further])).toEqual([
    ['a40', 40, 1],
    ['a20', 10, 0.5],
    ['a10', 2.5, 0.25],
  ]);
  expect(sum).toBe(52.5);
});

test('a resolved alert counts nothing unless the weights say otherwise', () => {
  expect(sumOf([anAlert({ status: 'resolved' })])).toBe(0);
  const weights = RiskWeights.parse({ entity: { status: { resolved: 0.1 } } });
  expect(sumOf([anAlert({ status: 'resolved' })], now, weights)).toBeCloseTo(6, 9);
});

describe('for any alerts', () => {
  const anyAlerts = fc.uniqueArray(
    fc.record({
      id: fc.string({ minLength: 1, maxLength: 4 }),
      ruleId: fc.constantFrom('r1', 'r2', 'r3'),
      score: fc.integer({ min: 0, max: 100 }),
      status: fc.constantFrom<AlertStatus>('open', 'acknowledged', 'resolved'),
      count: fc.integer({ min: 1, max: 1e9 }),
      lastSeen: fc.integer({ min: now - 12 * week, max: now + week }),
    }),
    { selector: ({ id }) => id, maxLength: 20 },
  );

  test('the explanation adds up to the sum, and every contribution is the product of its parts', () => {
    fc.assert(
      fc.property(anyAlerts, (alerts) => {
        const { sum, score, contributions } = scoreEntity(alerts, defaultRiskWeights, now);
        expect(contributions.reduce((total, { points }) => total + points, 0)).toBe(sum);
        for (const { points, score, status, decay, count, further } of contributions) {
          expect(score * status * decay * count * further).toBeCloseTo(points, 9);
        }
        expect(score).toBeGreaterThanOrEqual(0);
        expect(score).toBeLessThanOrEqual(100);
      }),
    );
  });

  test('the order of the alerts is of no matter, to the last bit', () => {
    fc.assert(
      fc.property(anyAlerts, fc.infiniteStream(fc.nat()), (alerts, order) => {
        const shuffled = alerts
          .map((alert) => ({ alert, at: order.next().value }))
          .sort((a, b) => a.at - b.at)
          .map(({ alert }) => alert);
        expect(scoreEntity(shuffled, defaultRiskWeights, now)).toEqual(
          scoreEntity(alerts, defaultRiskWeights, now),
        );
      }),
    );
  });

  test('one more alert, or a heavier, later or more frequent one, never lowers the score', () => {
    fc.assert(
      fc.property(anyAlerts, fc.nat(100), fc.nat(week), fc.nat(1000), (alerts, score, later, more) => {
        const before = sumOf(alerts);
        expect(sumOf([...alerts, anAlert({ id: 'added', score })]) + 1e-9).toBeGreaterThanOrEqual(before);
        const [first, ...rest] = alerts;
        if (first === undefined) return;
        for (const change of [
          { score: Math.min(100, first.score + score) },
          { lastSeen: first.lastSeen + later },
          { count: first.count + more },
        ]) {
          expect(sumOf([{ ...first, ...change }, ...rest]) + 1e-9).toBeGreaterThanOrEqual(before);
        }
      }),
    );
  });

  test('time only lowers the score, down to 0', () => {
    fc.assert(
      fc.property(anyAlerts, fc.nat(20 * week), (alerts, passed) => {
        expect(sumOf(alerts, now + passed)).toBeLessThanOrEqual(sumOf(alerts) + 1e-9);
        expect(sumOf(alerts, now + week + riskHorizonMs(defaultRiskWeights) + 1)).toBe(0);
      }),
    );
  });
});
