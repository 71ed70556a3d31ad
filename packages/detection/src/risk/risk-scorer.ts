import type { EventBatch, RiskContribution } from '@parapet/event-model';
import {
  type AnswerPoints,
  contributionOfKind,
  pointsOfAnswers,
  type RiskAnswer,
  type RiskColumn,
  weighedKinds,
} from './answer-points.ts';
import { type RiskLevel, riskLevelOf } from './risk-level.ts';
import type { RiskWeights } from './risk-weights.ts';
import { contributionsOfRules, type WeighedRule } from './rule-points.ts';
import { createSeverityPoints, type SeverityPoints } from './severity-points.ts';

/** What is known of a batch's values; see `Enrichment` of `@parapet/enrichment`. */
export interface RiskEnrichment {
  readonly columns: readonly RiskColumn[];
}

/** Which rules hold for a batch's events; see `Detected`. */
export interface RiskMatches {
  /** Rows for which a rule holds. */
  readonly rows: readonly number[];
  rulesByRow(row: number): readonly WeighedRule[];
}

/** Scores of one batch's events. Contributions are made when asked for, and only while batch and enrichment are valid. */
export interface RiskScores {
  /** By row: 0 to 100, `sums` rounded and capped. */
  readonly scores: Uint8Array;
  /** By row: all points; 0 or more, without an upper end. */
  readonly sums: Float64Array;
  levelOf(row: number): RiskLevel;
  /** Why the event scores, the most points first; the points add up to `sums[row]`. Empty where that is 0. */
  contributionsOf(row: number): readonly RiskContribution[];
}

export interface RiskScorer {
  score(batch: EventBatch, enrichment: RiskEnrichment | undefined, detected: RiskMatches): RiskScores;
}

/**
 * Scores events: what happened (rules, indicators, the source's own severity) makes a score, and whom and where it happened to
 * (asset, user, zone, location, autonomous system) adds to it. An event that only shows a critical asset has no score.
 *
 * Points of answers are worked out once per list of answers and gathered by code; remembered as long as the enrichment keeps
 * its lists.
 */
export function createRiskScorer(weights: RiskWeights): RiskScorer {
  const weigh = createAnswerWeights(weights);
  const severityPoints = createSeverityPoints(weights);
  return {
    score(batch, enrichment, detected) {
      const severity = batch.attribute('severity_id');
      const columns = enrichment?.columns ?? [];
      const sums = new Float64Array(batch.length);
      if (severity) severityPoints.addTo(sums, severity);
      addRules(sums, detected, weights);
      addAnswers(sums, columns, weigh);
      const scores = new Uint8Array(batch.length);
      for (let row = 0; row < scores.length; row++) {
        const sum = sums[row] ?? 0;
        if (sum > 0) scores[row] = Math.min(100, Math.round(sum));
      }

      return {
        scores,
        sums,
        levelOf: (row) => riskLevelOf(scores[row] ?? 0, weights.levels),
        contributionsOf: (row) =>
          (sums[row] ?? 0) === 0
            ? []
            : explain({ batch, row, severityPoints, rules: detected.rulesByRow(row), columns }, weights),
      };
    },
  };
}

function addRules(sums: Float64Array, { rows, rulesByRow }: RiskMatches, weights: RiskWeights): void {
  for (const row of rows) {
    for (const { points } of contributionsOfRules(rulesByRow(row), weights))
      sums[row] = (sums[row] ?? 0) + points;
  }
}

interface ColumnWeights {
  readonly lists: (readonly RiskAnswer[])[];
  readonly points: (AnswerPoints | null)[];
}
interface AnswerWeights {
  of(known: RiskColumn['known']): ColumnWeights;
  /** Points of a list, kept in `into` under its code. */
  remember(into: ColumnWeights, code: number, list: readonly RiskAnswer[]): AnswerPoints | null;
}

function createAnswerWeights(weights: RiskWeights): AnswerWeights {
  // Weak: what is remembered goes with the enrichment's own lists.
  const byKnown = new WeakMap<RiskColumn['known'], ColumnWeights>();
  const byList = new WeakMap<readonly RiskAnswer[], { readonly points: AnswerPoints | null }>();
  return {
    of(known) {
      let column = byKnown.get(known);
      if (column === undefined) {
        column = { lists: [], points: [] };
        byKnown.set(known, column);
      }
      return column;
    },
    remember(into, code, list) {
      let weighed = byList.get(list);
      if (weighed === undefined) {
        weighed = { points: pointsOfAnswers(list, weights) };
        byList.set(list, weighed);
      }
      into.lists[code] = list;
      into.points[code] = weighed.points;
      return weighed.points;
    },
  };
}

const indicator = weighedKinds.indexOf('indicator');
const noAnswers: readonly RiskAnswer[] = [];

/** Adds, of every kind, the most points that any column has for the row: the same asset may be named by several attributes. */
function addAnswers(sums: Float64Array, columns: readonly RiskColumn[], weigh: AnswerWeights): void {
  const most: (Float64Array | undefined)[] = weighedKinds.map(() => undefined);
  for (const { codes, known } of columns) {
    const column = weigh.of(known);
    const { lists, points } = column;
    for (let row = 0; row < sums.length; row++) {
      const code = codes[row] ?? 0;
      if (code === 0) continue;
      const list = known[code] ?? noAnswers;
      // The enrichment may have put a newer list in place of the one that was weighed.
      const weighed = lists[code] === list ? points[code] : weigh.remember(column, code, list);
      if (weighed === null || weighed === undefined) continue;
      for (let kind = 0; kind < weighed.length; kind++) {
        const value = weighed[kind] ?? 0;
        if (value === 0) continue;
        const best = most[kind] ?? new Float64Array(sums.length);
        most[kind] = best;
        if (value > (best[row] ?? 0)) best[row] = value;
      }
    }
  }
  const signals = most[indicator];
  if (signals) addWhere(sums, signals, () => true);
  for (const [kind, context] of most.entries()) {
    if (kind !== indicator && context) addWhere(sums, context, (sum) => sum > 0);
  }
}

function addWhere(sums: Float64Array, points: Float64Array, counts: (sum: number) => boolean): void {
  for (let row = 0; row < sums.length; row++) {
    const sum = sums[row] ?? 0;
    if (counts(sum)) sums[row] = sum + (points[row] ?? 0);
  }
}

interface ScoredEvent {
  readonly batch: EventBatch;
  readonly row: number;
  readonly severityPoints: SeverityPoints;
  readonly rules: readonly WeighedRule[];
  readonly columns: readonly RiskColumn[];
}

function explain(
  { batch, row, severityPoints, rules, columns }: ScoredEvent,
  weights: RiskWeights,
): readonly RiskContribution[] {
  const found = columns.flatMap(({ path, codes, known }) => {
    const answers = known[codes[row] ?? 0];
    return answers === undefined || answers.length === 0 ? [] : [{ path, answers }];
  });
  const severity = batch.attributeValue(row, 'severity_id');
  const contributions = [
    ...contributionsOfRules(rules, weights),
    ...(severity === undefined ? [] : [severityPoints.contributionOf(severity, batch.source)]),
    ...weighedKinds.flatMap((kind) => contributionOfKind(kind, found, weights) ?? []),
  ];
  return contributions.filter(({ points }) => points > 0).sort((a, b) => b.points - a.points);
}
