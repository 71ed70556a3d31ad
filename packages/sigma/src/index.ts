export type { ColumnBatch, FieldValue, Scalar, ValueTable } from './column-batch.ts';
export { type CompileOptions, compileRules } from './compile-rules.ts';
export type { Condition } from './condition.ts';
export {
  type CorrelationEngine,
  createCorrelationEngine,
  type RuleMatch,
} from './correlation/correlation-engine.ts';
export {
  type Contribution,
  type CorrelationInput,
  type CorrelationMatch,
  type Correlator,
  type CorrelatorLimits,
  type CorrelatorStats,
  createCorrelator,
} from './correlation/correlator.ts';
export { type CorrelatorSnapshot, isSnapshotOf } from './correlation/correlator-snapshot.ts';
export type { CorrelationSource, LinkedCorrelation } from './correlation/link-correlations.ts';
export {
  type CorrelationCondition,
  type CorrelationType,
  correlationTypes,
  type RuleReference,
  type SigmaCorrelation,
  type Threshold,
} from './correlation/sigma-correlation.ts';
export type { Explanation, ExplanationNode, FilterExplanation } from './explain.ts';
export type { SigmaFilter } from './filter/sigma-filter.ts';
export type { Modifier } from './modifiers.ts';
export { type ParsedPlaceholders, parsePlaceholders } from './parse-placeholders.ts';
export { type ParsedRules, type ParseOptions, parseRules } from './parse-rules.ts';
export {
  type Position,
  type RuleError,
  type RuleErrorCode,
  ruleErrorCodes,
  ruleWarningCodes,
} from './rule-error.ts';
export type { RuleGroup } from './rule-group.ts';
export type { RuleSet } from './rule-set.ts';
export {
  type Detection,
  type DetectionItem,
  type DetectionNode,
  type Level,
  type LogSource,
  levels,
  type SigmaRule,
  type Status,
  statuses,
} from './sigma-rule.ts';
