import { parseCondition } from './condition.ts';
import { parseModifiers } from './modifiers.ts';
import { type Position, RuleProblem } from './rule-error.ts';
import type { Detection, DetectionItem, DetectionNode } from './sigma-rule.ts';
import { tryEach, tryParts } from './try-each.ts';
import { entryOf, type YamlEntry, type YamlNode, type YamlScalar } from './yaml-node.ts';

const maxNesting = 16;

/** Keys of a `filter` that are no search identifiers; a `detection` has none but `condition`. */
export interface DetectionOptions {
  /** What the text is called in messages. @default 'detection' */
  readonly section?: string;
  /** Keys that are read elsewhere. @default [] */
  readonly reserved?: readonly string[];
}

/** The `detection` of a rule: search identifiers and the conditions over them. @throws RuleProblem, RuleProblems */
export function parseDetection(node: YamlNode, options: DetectionOptions = {}): Detection {
  const { section = 'detection', reserved = [] } = options;
  if (node.kind !== 'mapping')
    throw new RuleProblem(
      'invalid_detection',
      `\`${section}\` must be a mapping of search identifiers and a \`condition\`.`,
      node,
    );
  const entries = node.entries.filter(({ key }) => key !== 'condition' && !reserved.includes(key));
  const names = entries.map(({ key }) => key);
  const { searches, conditions } = tryParts({
    searches: () => new Map(tryEach(entries, parseIdentifier)),
    conditions: () => {
      if (entries.length === 0)
        throw new RuleProblem('invalid_detection', `\`${section}\` defines no search identifier.`, node);
      const condition = entryOf(node, 'condition');
      if (condition === undefined)
        throw new RuleProblem('missing_field', `\`${section}\` needs a \`condition\`.`, node);
      return tryEach(conditionTexts(condition), (text) => ({
        condition: parseCondition(String(text.value), {
          names,
          definedBy: `the ${section}`,
          locate: locateIn(text),
        }),
        at: { line: text.line, column: text.column },
      }));
    },
  });
  return {
    searches,
    conditions: conditions.map(({ condition }) => condition),
    conditionsAt: conditions.map(({ at }) => at),
  };
}

function parseIdentifier(entry: YamlEntry): [string, DetectionNode] {
  // Leftover of Sigma 1; no engine may guess at what it changes.
  if (entry.key === 'timeframe')
    throw new RuleProblem(
      'invalid_detection',
      '`timeframe` belongs to the old aggregations: write a correlation rule instead.',
      entry.at,
    );
  return [entry.key, parseSearch(entry.value, entry.at, 0)];
}

function conditionTexts(entry: YamlEntry): readonly YamlScalar[] {
  const nodes = entry.value.kind === 'sequence' ? entry.value.items : [entry.value];
  const texts = tryEach(nodes, (node) => {
    if (node.kind === 'scalar' && typeof node.value === 'string') return node;
    throw new RuleProblem('invalid_condition', '`condition` must be text, or a list of texts.', node);
  });
  if (texts.length === 0)
    throw new RuleProblem('invalid_condition', '`condition` is an empty list.', entry.at);
  return texts;
}

/** Where the text is written as it reads, a character's own column; else the start of the text. */
export const locateIn =
  (text: YamlScalar) =>
  (index: number): Position => ({
    line: text.line,
    column: text.inset === undefined ? text.column : text.column + text.inset + index,
  });

function parseSearch(node: YamlNode, at: Position, depth: number): DetectionNode {
  if (depth > maxNesting)
    throw new RuleProblem(
      'too_complex',
      `A search identifier may be nested ${maxNesting} levels deep at most.`,
      node,
    );
  if (node.kind === 'mapping') {
    if (node.entries.length === 0)
      throw new RuleProblem('invalid_detection', 'A search identifier is empty.', node);
    return { kind: 'all', of: tryEach(node.entries, parseItem) };
  }
  if (node.kind === 'scalar') return keywords([node], at);
  if (node.items.length === 0)
    throw new RuleProblem('invalid_detection', 'A search identifier is an empty list.', node);
  const words = node.items.filter((item) => item.kind === 'scalar');
  if (words.length === node.items.length) return keywords(words, at);
  return { kind: 'any', of: tryEach(node.items, (item) => parseSearch(item, item, depth + 1)) };
}

function keywords(values: readonly YamlScalar[], at: Position): DetectionNode {
  tryEach(values, checkKeyword);
  return { kind: 'item', item: { modifiers: [], ...valuesOf(values), at: positionOf(at) } };
}

function checkKeyword(at: YamlScalar): void {
  const { value } = at;
  if (value === null || value === '')
    throw new RuleProblem(
      'invalid_value',
      'A keyword must be text or a number: an empty one would be found in every event.',
      at,
    );
}

/** One `field|modifier: values`. @throws RuleProblem, RuleProblems */
export function parseItem(entry: YamlEntry): DetectionNode & { readonly kind: 'item' } {
  const [field = '', ...names] = entry.key.split('|');
  const { modifiers, values } = tryParts({
    modifiers: () => parseModifiers(names, entry.at),
    values: () => itemValues(entry),
  });
  if (field === '') {
    if (names.length === 0) throw new RuleProblem('invalid_detection', 'A field name is empty.', entry.at);
    tryEach(values, checkKeyword);
  }
  const item: DetectionItem = {
    ...(field === '' ? {} : { field }),
    modifiers,
    ...valuesOf(values),
    at: positionOf(entry.at),
  };
  return { kind: 'item', item };
}

function itemValues(entry: YamlEntry): readonly YamlScalar[] {
  const nodes = entry.value.kind === 'sequence' ? entry.value.items : [entry.value];
  if (nodes.length === 0)
    throw new RuleProblem(
      'invalid_detection',
      `\`${entry.key.slice(0, 80)}\` has an empty list of values, which can never hold.`,
      entry.value,
    );
  return tryEach(nodes, (node) => {
    if (node.kind === 'scalar') return node;
    throw new RuleProblem(
      'invalid_detection',
      `\`${entry.key.slice(0, 80)}\` must have a value or a list of values, not a nested structure.`,
      node,
    );
  });
}

const valuesOf = (values: readonly YamlScalar[]): Pick<DetectionItem, 'values' | 'valuesAt'> => ({
  values: values.map(({ value }) => value),
  valuesAt: values.map(positionOf),
});

const positionOf = ({ line, column }: Position): Position => ({ line, column });
