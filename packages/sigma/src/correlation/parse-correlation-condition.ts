import { type Condition, parseCondition } from '../condition.ts';
import { locateIn } from '../parse-detection.ts';
import { RuleProblem } from '../rule-error.ts';
import { tryEach, tryParts } from '../try-each.ts';
import { entryOf, textsOf, type YamlEntry, type YamlMapping, type YamlScalar } from '../yaml-node.ts';
import { conditionHolds } from './condition-holds.ts';
import { passes } from './passes.ts';
import {
  type CorrelationCondition,
  type CorrelationType,
  type Threshold,
  thresholdComparisons,
} from './sigma-correlation.ts';

/** Thresholds above this would need too much memory for every group. */
const maxCount = 1_000_000;

export interface ConditionContext {
  readonly type: CorrelationType;
  /** The rules as named in `rules`. */
  readonly rules: readonly string[];
  /** The `correlation` entry. */
  readonly section: YamlEntry;
}

/** The `condition` of a correlation. @throws RuleProblem, RuleProblems */
export function parseCorrelationCondition(
  entry: YamlEntry | undefined,
  context: ConditionContext,
): CorrelationCondition {
  const { type, rules, section } = context;
  const isTemporal = type === 'temporal' || type === 'temporal_ordered';
  if (entry === undefined || (entry.value.kind === 'scalar' && entry.value.value === null)) {
    if (isTemporal)
      return { kind: 'thresholds', thresholds: [{ comparison: 'gte', value: rules.length }], fields: [] };
    throw new RuleProblem(
      'missing_field',
      `\`${type}\` needs a \`condition\` (such as gte: 10).`,
      section.at,
    );
  }
  const { value } = entry;
  if (value.kind === 'scalar' && typeof value.value === 'string') return parseRuleCondition(value, context);
  if (value.kind !== 'mapping')
    throw new RuleProblem('invalid_correlation', '`condition` must be a mapping such as gte: 10.', value);
  const { thresholds, fields, percentile } = tryParts({
    thresholds: () => tryEach(value.entries, parseThreshold).flat(),
    fields: () => parseFields(value, context),
    percentile: () => parsePercentile(value, type),
  });
  if (thresholds.length === 0)
    throw new RuleProblem(
      'invalid_correlation',
      `\`condition\` needs one of ${thresholdComparisons.join(', ')}.`,
      entry.at,
    );
  if (!satisfiable(thresholds, type, rules.length))
    throw new RuleProblem('invalid_correlation', '`condition` can never hold.', value);
  return { kind: 'thresholds', thresholds, fields, ...(percentile === undefined ? {} : { percentile }) };
}

function parseRuleCondition(
  text: YamlScalar,
  { type, rules }: ConditionContext,
): Extract<CorrelationCondition, { kind: 'rules' }> {
  if (type !== 'temporal')
    throw new RuleProblem(
      'invalid_correlation',
      `A condition over rule names is for \`temporal\` alone; \`${type}\` needs a mapping such as gte: 10.`,
      text,
    );
  const condition: Condition = parseCondition(String(text.value), {
    names: rules,
    definedBy: '`rules`',
    locate: locateIn(text),
  });
  // It is asked when a rule matches; what holds of nothing would match every time.
  if (conditionHolds(condition, () => false))
    throw new RuleProblem('invalid_correlation', 'The condition holds even when no rule matches.', text);
  return { kind: 'rules', condition };
}

function parseThreshold({ key, at, value }: YamlEntry): readonly Threshold[] {
  if (key === 'field' || key === 'percentile') return [];
  const comparison = thresholdComparisons.find((candidate) => candidate === key);
  if (comparison === undefined)
    throw new RuleProblem(
      'invalid_correlation',
      `\`${key.slice(0, 60)}\` is not part of a condition; write ${thresholdComparisons.join(', ')}, field or percentile.`,
      at,
    );
  const number =
    value.kind === 'scalar' && value.value !== '' ? Number(value.value ?? Number.NaN) : Number.NaN;
  if (!Number.isFinite(number) || (value.kind === 'scalar' && typeof value.value === 'boolean'))
    throw new RuleProblem('invalid_correlation', `\`${key}\` needs a number.`, value);
  return [{ comparison, value: number }];
}

const isCount = (type: CorrelationType): boolean => !type.startsWith('value_') || type === 'value_count';

function parseFields(node: YamlMapping, { type }: ConditionContext): readonly string[] {
  const entry = entryOf(node, 'field');
  const fields = textsOf(node, 'field');
  if (!type.startsWith('value_')) {
    if (entry !== undefined)
      throw new RuleProblem(
        'invalid_correlation',
        `\`${type}\` counts no field: remove \`field\`.`,
        entry.at,
      );
  } else if (fields.length === 0 || fields.includes(''))
    throw new RuleProblem('invalid_correlation', `\`${type}\` needs a \`field\` in its condition.`, node);
  else if (fields.length > 1 && type !== 'value_count')
    throw new RuleProblem('invalid_correlation', `\`${type}\` takes one field.`, entry?.at ?? node);
  if (isCount(type))
    for (const { key, value } of node.entries)
      if (key !== 'field' && value.kind === 'scalar' && Number(value.value) > maxCount)
        throw new RuleProblem('too_complex', `A count may be ${maxCount} at most.`, value);
  return fields;
}

function parsePercentile(node: YamlMapping, type: CorrelationType): number | undefined {
  const entry = entryOf(node, 'percentile');
  if (entry === undefined) return undefined;
  if (type !== 'value_percentile')
    throw new RuleProblem('invalid_correlation', '`percentile` belongs to `value_percentile`.', entry.at);
  const value = entry.value.kind === 'scalar' ? entry.value.value : undefined;
  if (typeof value === 'number' && value >= 0 && value <= 100) return value;
  throw new RuleProblem('invalid_correlation', '`percentile` must be a number from 0 to 100.', entry.value);
}

/** Whether a number that the type can ask for passes all thresholds; counts are whole and start at 1. */
function satisfiable(thresholds: readonly Threshold[], type: CorrelationType, rules: number): boolean {
  const bounds = thresholds.map(({ value }) => value).toSorted((a, b) => a - b);
  const between = bounds.map((bound, index) => (bound + (bounds[index + 1] ?? bound + 2)) / 2);
  const around = bounds.flatMap((bound) => [Math.ceil(bound) - 1, bound, Math.floor(bound) + 1]);
  const most = type.startsWith('temporal') ? rules : Number.POSITIVE_INFINITY;
  return [...around, ...between]
    .filter((number) => !isCount(type) || (Number.isInteger(number) && number >= 1 && number <= most))
    .some((number) => passes(number, thresholds));
}
