import type { AlertStatus } from '@parapet/event-model';
import { type RiskLevel, riskLevelOf } from './risk-level.ts';
import type { RiskWeights } from './risk-weights.ts';

/** What an alert brings into the score of its entity. */
export interface WeighedAlert {
  readonly id: string;
  readonly ruleId: string;
  /** The alert's own risk score, 0 to 100. */
  readonly score: number;
  readonly status: AlertStatus;
  /** Matching events; at least 1. */
  readonly count: number;
  /** Time of the latest matching event, epoch milliseconds. */
  readonly lastSeen: number;
}

/** What one alert adds to its entity's sum: `points` is the product of all the other numbers. */
export interface AlertContribution<A extends WeighedAlert> {
  readonly alert: A;
  readonly points: number;
  readonly score: number;
  /** By the alert's status, 0 to 1. */
  readonly status: number;
  /** What time has left of it, 0 to 1. */
  readonly decay: number;
  /** By the count of events, 1 to 2. */
  readonly count: number;
  /** By its place among the entity's alerts of the same rule, heaviest first, 0 to 1. */
  readonly further: number;
}

export interface EntityRisk<A extends WeighedAlert> {
  /** The points of all contributions. */
  readonly sum: number;
  /** 0 to 100: `100 * (1 - 2^(-sum / scale))`, rounded. */
  readonly score: number;
  readonly level: RiskLevel;
  /** The most points first; alerts that add nothing are left out. */
  readonly contributions: readonly AlertContribution<A>[];
}

/** Half-lives after which an alert counts nothing: less than a thousandth would be left. */
const lifetimes = 10;
const msPerHour = 3_600_000;

/** How long after its last event an alert counts, in milliseconds. */
export function riskHorizonMs({ entity }: RiskWeights): number {
  return entity.halfLifeHours * msPerHour * lifetimes;
}

/**
 * The risk of one entity (host, user, account, asset) at the time `now`, from its alerts, each given once, in any order. Each
 * alert counts its own score, less by its age, more by its count of events, and less where others of its rule count already.
 */
export function scoreEntity<A extends WeighedAlert>(
  alerts: readonly A[],
  weights: RiskWeights,
  now: number,
): EntityRisk<A> {
  const weighed = alerts
    .map((alert) => weigh(alert, weights, now))
    .filter(({ points }) => points > 0)
    .sort(heaviestFirst);
  const places = new Map<string, number>();
  const contributions = weighed
    .map((one) => {
      const place = places.get(one.alert.ruleId) ?? 0;
      places.set(one.alert.ruleId, place + 1);
      const further = weights.entity.furtherAlerts ** place;
      return { ...one, further, points: one.points * further };
    })
    .filter(({ points }) => points > 0)
    .sort(heaviestFirst);
  const sum = contributions.reduce((total, { points }) => total + points, 0);
  const score = Math.round(100 * (1 - 2 ** (-sum / weights.entity.scale)));
  return { sum, score, level: riskLevelOf(score, weights.levels), contributions };
}

function weigh<A extends WeighedAlert>(alert: A, weights: RiskWeights, now: number): AlertContribution<A> {
  const { halfLifeHours, doubledCount, status: byStatus } = weights.entity;
  const age = Math.max(0, now - alert.lastSeen);
  const decay = age > riskHorizonMs(weights) ? 0 : 2 ** (-age / (halfLifeHours * msPerHour));
  const count = Math.min(2, 1 + doubledCount * Math.log2(Math.max(1, alert.count)));
  const status = byStatus[alert.status];
  const points = alert.score * status * decay * count;
  return { alert, points, score: alert.score, status, decay, count, further: 1 };
}

/** Without ties, so that the sum is the same to the last bit in whatever order the alerts came. */
function heaviestFirst(a: AlertContribution<WeighedAlert>, b: AlertContribution<WeighedAlert>): number {
  return b.points - a.points || (a.alert.id < b.alert.id ? -1 : 1);
}
