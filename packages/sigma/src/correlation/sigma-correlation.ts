import type { Condition } from '../condition.ts';
import type { Position } from '../rule-error.ts';
import type { RuleMetadata } from '../sigma-rule.ts';

export const correlationTypes = [
  'event_count',
  'value_count',
  'temporal',
  'temporal_ordered',
  'value_sum',
  'value_avg',
  'value_percentile',
  'value_median',
] as const;
export type CorrelationType = (typeof correlationTypes)[number];

export const thresholdComparisons = ['lt', 'lte', 'gt', 'gte', 'eq', 'neq'] as const;

export interface Threshold {
  readonly comparison: (typeof thresholdComparisons)[number];
  readonly value: number;
}

/** A rule, correlation or filter target as it is named in a file: by `id` or by `name`. */
export interface RuleReference {
  readonly name: string;
  readonly at: Position;
}

/** When a correlation matches. */
export type CorrelationCondition =
  | {
      readonly kind: 'thresholds';
      /** All of them must hold of the number that the type asks for. */
      readonly thresholds: readonly Threshold[];
      /** Fields whose values are counted or added up; none where events or rules are counted. */
      readonly fields: readonly string[];
      /** 0 to 100, for `value_percentile`; see `docs/correlations.md` for what its absence means. */
      readonly percentile?: number;
    }
  | {
      /** `temporal` only: a boolean condition over `rules`, as they are named there. */
      readonly kind: 'rules';
      readonly condition: Condition;
    };

/** A parsed correlation rule: a search over matches of rules, or of other correlations. */
export interface SigmaCorrelation extends RuleMetadata {
  readonly type: CorrelationType;
  readonly rules: readonly RuleReference[];
  /** Fields, or aliases of fields, that must have the same values. Empty: all events are one group. */
  readonly groupBy: readonly string[];
  /** Length of the window in milliseconds. */
  readonly timespan: number;
  /** By alias, by rule as named in `rules`: the field that the alias stands for in events of that rule. */
  readonly aliases: ReadonlyMap<string, ReadonlyMap<string, string>>;
  readonly condition: CorrelationCondition;
  /** Whether the rules that the correlation refers to also yield matches of their own. */
  readonly generate: boolean;
}
