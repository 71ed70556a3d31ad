import type { FieldValue, Scalar } from './column-batch.ts';
import { compileItem, type ItemTest } from './compile-item.ts';
import type { Condition } from './condition.ts';
import type { SigmaFilter } from './filter/sigma-filter.ts';
import { type Matcher, matchesScalar } from './matcher.ts';
import type { Modifier } from './modifiers.ts';
import type { Placeholders } from './placeholders.ts';
import { referenceHolds } from './reference-holds.ts';
import type { Detection, DetectionItem, DetectionNode, SigmaRule } from './sigma-rule.ts';
import { type EventObject, fieldValue, singleEvent } from './single-event.ts';

/** Why a rule holds for an event, or does not. */
export interface Explanation {
  /** Whether the rule's own conditions hold and all its filters let the event through. */
  readonly matched: boolean;
  /** One per condition of the rule; the rule holds when one of them holds. */
  readonly conditions: readonly ExplanationNode[];
  /** The filters that narrow the rule; the event must pass each. */
  readonly filters: readonly FilterExplanation[];
}

export interface FilterExplanation {
  readonly filter: SigmaFilter;
  readonly matched: boolean;
  readonly conditions: readonly ExplanationNode[];
}

export interface ExplanationNode {
  readonly kind: 'and' | 'or' | 'not' | 'count' | 'search' | 'all' | 'any' | 'item';
  readonly matched: boolean;
  /** The search identifier, the `x of` as written, or the field with its modifiers. */
  readonly label: string;
  readonly parts: readonly ExplanationNode[];
  /** For an item: what the rule asks for and what the event has (undefined: the field is absent). */
  readonly item?: {
    readonly field?: string;
    readonly modifiers: readonly Modifier[];
    readonly expected: readonly Scalar[];
    /** Those of `expected` that hold. */
    readonly held: readonly Scalar[];
    readonly actual: FieldValue | undefined;
    readonly line: number;
  };
}

export interface ExplainOptions {
  readonly placeholders: Placeholders;
  readonly filters: readonly SigmaFilter[];
}

export function explainRule(rule: SigmaRule, event: EventObject, options: ExplainOptions): Explanation {
  const { placeholders } = options;
  const own = explainDetection(rule.detection, event, placeholders);
  const filters = options.filters.map((filter) => ({
    filter,
    ...explainDetection(filter.detection, event, placeholders),
  }));
  return {
    matched: own.matched && filters.every(({ matched }) => matched),
    conditions: own.conditions,
    filters,
  };
}

function explainDetection(
  detection: Detection,
  event: EventObject,
  placeholders: Placeholders,
): Pick<Explanation, 'matched' | 'conditions'> {
  const searches = new Map<string, ExplanationNode>();
  for (const [name, node] of detection.searches) {
    const part = explainNode(node, event, placeholders);
    searches.set(name, { kind: 'search', label: name, matched: part.matched, parts: [part] });
  }
  const conditions = detection.conditions.map((condition) => explainCondition(condition, searches));
  return { matched: conditions.some(({ matched }) => matched), conditions };
}

function explainCondition(
  condition: Condition,
  searches: ReadonlyMap<string, ExplanationNode>,
): ExplanationNode {
  const named = (name: string): readonly ExplanationNode[] => {
    const node = searches.get(name);
    return node === undefined ? [] : [node];
  };
  if (condition.kind === 'search') {
    const [search] = named(condition.name);
    return search ?? { kind: 'search', label: condition.name, matched: false, parts: [] };
  }
  if (condition.kind === 'not') {
    const of = explainCondition(condition.of, searches);
    return { kind: 'not', label: 'not', matched: !of.matched, parts: [of] };
  }
  if (condition.kind === 'count') {
    const parts = condition.names.flatMap(named);
    const matched = parts.filter((part) => part.matched).length >= condition.atLeast;
    return { kind: 'count', label: condition.pattern, matched, parts };
  }
  const parts = condition.of.map((part) => explainCondition(part, searches));
  const matched =
    condition.kind === 'and' ? parts.every((part) => part.matched) : parts.some((part) => part.matched);
  return { kind: condition.kind, label: condition.kind, matched, parts };
}

function explainNode(node: DetectionNode, event: EventObject, placeholders: Placeholders): ExplanationNode {
  if (node.kind === 'item') return explainItem(node.item, event, placeholders);
  const parts = node.of.map((part) => explainNode(part, event, placeholders));
  const matched =
    node.kind === 'all' ? parts.every((part) => part.matched) : parts.some((part) => part.matched);
  return { kind: node.kind, label: node.kind, matched, parts };
}

function explainItem(item: DetectionItem, event: EventObject, placeholders: Placeholders): ExplanationNode {
  const test = compileItem(item, placeholders);
  const actual = item.field === undefined ? undefined : fieldValue(event, item.field);
  const answers = item.values.map((_, index) => valueHolds(test, index, event, actual));
  const joined = test.all ? answers.every(Boolean) : answers.some(Boolean);
  return {
    kind: 'item',
    label: [item.field ?? 'keywords', ...item.modifiers].join('|'),
    matched: joined !== test.negated,
    parts: [],
    item: {
      ...(item.field === undefined ? {} : { field: item.field }),
      modifiers: item.modifiers,
      expected: item.values,
      held: item.values.filter((_, index) => answers[index] === true),
      actual,
      line: item.at.line,
    },
  };
}

function valueHolds(
  test: ItemTest,
  index: number,
  event: EventObject,
  actual: FieldValue | undefined,
): boolean {
  const reference = test.references[index];
  if (reference !== undefined) {
    const other = fieldValue(event, reference.field);
    return actual !== undefined && other !== undefined && referenceHolds(actual, other, reference);
  }
  const matchers = test.values[index] ?? [];
  if (test.field === undefined) {
    const values = Array.from(singleEvent(event).values(0));
    return matchers.some((matcher) => values.some((value) => matchesScalar(matcher, value)));
  }
  return matchers.some((matcher) => holdsFor(matcher, actual));
}

function holdsFor(matcher: Matcher, actual: FieldValue | undefined): boolean {
  if (actual === undefined) return matcher.kind === 'null';
  const values: readonly Scalar[] = Array.isArray(actual) ? actual : [actual];
  return values.some((value) => matchesScalar(matcher, value));
}
