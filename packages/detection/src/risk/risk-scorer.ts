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
import { createRulePoints, type RulePoints, type WeighedRule } from './rule-points.ts';
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
 * Points of answers are worked out once per list of answers, and remembered as long as the enrichment keeps its lists.
 */
export function createRiskScorer(weights: RiskWeights): RiskScorer {
  const weigh = createAnswerWeights(weights);
  const severityPoints = createSeverityPoints(weights);
  const rulePoints = createRulePoints(weights);
  return {
    score(batch, enrichment, detected) {
      const severity = batch.attribute('severity_id');
      const columns = enrichment?.columns ?? [];
      const sums = new Float64Array(batch.length);
      if (severity) severityPoints.addTo(sums, severity);
      for (const row of detected.rows)
        sums[row] = (sums[row] ?? 0) + rulePoints.sumOf(detected.rulesByRow(row));
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
            : explain(
                { batch, row, severityPoints, rulePoints, rules: detected.rulesByRow(row), columns },
                weights,
              ),
      };
    },
  };
}

/** What the lists of answers of one `known` weigh, by their code. */
interface ListWeights {
  /** Whether a list has a signal: `unweighed` for one that was not looked at. */
  signals: Uint8Array;
  /** Null where nothing of the list weighs anything. */
  readonly points: (AnswerPoints | null)[];
}
interface AnswerWeights {
  of(known: RiskColumn['known']): ListWeights;
  /** Looks at the list of a code, and returns what `signals` says of it from now on. */
  weigh(lists: ListWeights, known: RiskColumn['known'], code: number): number;
  /** Points of the list of a code. */
  pointsOf(lists: ListWeights, known: RiskColumn['known'], code: number): AnswerPoints | null;
}

const unweighed = 0;
const noSignal = 1;
const isSignal = 2;

function createAnswerWeights(weights: RiskWeights): AnswerWeights {
  // Weak: what is remembered goes with the enrichment's own lists.
  const byKnown = new WeakMap<RiskColumn['known'], ListWeights>();
  const byList = new WeakMap<readonly RiskAnswer[], { readonly points: AnswerPoints | null }>();
  const weigh: AnswerWeights['weigh'] = (lists, known, code) => {
    const list = known[code] ?? noAnswers;
    let weighed = byList.get(list);
    if (weighed === undefined) {
      weighed = { points: pointsOfAnswers(list, weights) };
      byList.set(list, weighed);
    }
    const signal = (weighed.points?.[indicator] ?? 0) > 0 ? isSignal : noSignal;
    lists.points[code] = weighed.points;
    lists.signals[code] = signal;
    return signal;
  };
  return {
    weigh,
    of(known) {
      let lists = byKnown.get(known);
      if (lists === undefined) {
        lists = { signals: new Uint8Array(known.length), points: [] };
        byKnown.set(known, lists);
      } else if (lists.signals.length < known.length) {
        const signals = new Uint8Array(known.length * 2);
        signals.set(lists.signals);
        lists.signals = signals;
      }
      return lists;
    },
    pointsOf(lists, known, code) {
      if (lists.signals[code] === unweighed) weigh(lists, known, code);
      return lists.points[code] ?? null;
    },
  };
}

const indicator = weighedKinds.indexOf('indicator');
const noAnswers: readonly RiskAnswer[] = [];

/**
 * Adds, of every kind, the most points that any column has for the row: the same asset may be named by several attributes. Context is
 * looked at only where something else counts, which is in few rows.
 */
function addAnswers(sums: Float64Array, columns: readonly RiskColumn[], weights: AnswerWeights): void {
  let best: Float64Array | undefined;
  const weighed: WeighedColumn[] = [];
  for (const { codes, known } of columns) {
    const lists = weights.of(known);
    weighed.push({ codes, known, lists });
    const { signals, points } = lists;
    for (let row = 0; row < sums.length; row++) {
      const code = codes[row] as number;
      let signal = signals[code] as number;
      if (signal === unweighed) signal = code === 0 ? noSignal : weights.weigh(lists, known, code);
      if (signal !== isSignal) continue;
      best ??= new Float64Array(sums.length);
      const value = points[code]?.[indicator] ?? 0;
      if (value > (best[row] as number)) best[row] = value;
    }
  }
  for (let row = 0; row < sums.length; row++) {
    const sum = (sums[row] as number) + (best?.[row] ?? 0);
    if (sum > 0) sums[row] = withContext(sum, row, weighed, weights);
  }
}

interface WeighedColumn {
  readonly codes: Uint32Array;
  readonly known: RiskColumn['known'];
  readonly lists: ListWeights;
}

function withContext(
  sum: number,
  row: number,
  columns: readonly WeighedColumn[],
  weights: AnswerWeights,
): number {
  let most: Float64Array | undefined;
  for (const { codes, known, lists } of columns) {
    const code = codes[row] as number;
    const points = code === 0 ? null : weights.pointsOf(lists, known, code);
    if (points === null) continue;
    most ??= new Float64Array(weighedKinds.length);
    for (let kind = 0; kind < most.length; kind++) {
      const value = points[kind] as number;
      if (kind !== indicator && value > (most[kind] as number)) most[kind] = value;
    }
  }
  return most === undefined ? sum : most.reduce((total, points) => total + points, sum);
}

interface ScoredEvent {
  readonly batch: EventBatch;
  readonly row: number;
  readonly severityPoints: SeverityPoints;
  readonly rulePoints: RulePoints;
  readonly rules: readonly WeighedRule[];
  readonly columns: readonly RiskColumn[];
}

function explain(
  { batch, row, severityPoints, rulePoints, rules, columns }: ScoredEvent,
  weights: RiskWeights,
): readonly RiskContribution[] {
  const found = columns.flatMap(({ path, codes, known }) => {
    const answers = known[codes[row] ?? 0];
    return answers === undefined || answers.length === 0 ? [] : [{ path, answers }];
  });
  const severity = batch.attributeValue(row, 'severity_id');
  const contributions = [
    ...rulePoints.contributionsOf(rules),
    ...(severity === undefined ? [] : [severityPoints.contributionOf(severity, batch.source)]),
    ...weighedKinds.flatMap((kind) => contributionOfKind(kind, found, weights) ?? []),
  ];
  return contributions.filter(({ points }) => points > 0).sort((a, b) => b.points - a.points);
}
