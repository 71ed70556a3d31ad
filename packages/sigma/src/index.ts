export type { ColumnBatch, FieldValue, Scalar, ValueTable } from './column-batch.ts';
export { type CompileOptions, compileRules } from './compile-rules.ts';
export type { Condition } from './condition.ts';
export type { Explanation, ExplanationNode } from './explain.ts';
export type { Modifier } from './modifiers.ts';
export { type ParsedPlaceholders, parsePlaceholders } from './parse-placeholders.ts';
export { type ParsedRules, type ParseOptions, parseRules } from './parse-rules.ts';
export { type Position, type RuleError, type RuleErrorCode, ruleErrorCodes } from './rule-error.ts';
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
