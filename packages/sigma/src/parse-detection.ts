import type { Scalar } from './column-batch.ts';
import { parseCondition } from './condition.ts';
import { parseModifiers } from './modifiers.ts';
import { type Position, RuleProblem } from './rule-error.ts';
import type { Detection, DetectionItem, DetectionNode } from './sigma-rule.ts';
import { entryOf, type YamlEntry, type YamlNode, type YamlScalar } from './yaml-node.ts';

const maxNesting = 16;

/** The `detection` of a rule: search identifiers and the conditions over them. @throws RuleProblem */
export function parseDetection(node: YamlNode): Detection {
  if (node.kind !== 'mapping')
    throw new RuleProblem(
      'invalid_detection',
      '`detection` must be a mapping of search identifiers and a `condition`.',
      node,
    );
  const searches = new Map<string, DetectionNode>();
  for (const entry of node.entries) {
    if (entry.key === 'condition') continue;
    // Leftover of Sigma 1; no engine may guess at what it changes.
    if (entry.key === 'timeframe')
      throw new RuleProblem(
        'invalid_detection',
        '`timeframe` belongs to the old aggregations: write a correlation rule instead.',
        entry.at,
      );
    searches.set(entry.key, parseSearch(entry.value, entry.at, 0));
  }
  if (searches.size === 0)
    throw new RuleProblem('invalid_detection', '`detection` defines no search identifier.', node);
  const condition = entryOf(node, 'condition');
  if (condition === undefined)
    throw new RuleProblem('missing_field', '`detection` needs a `condition`.', node);
  const texts = conditionTexts(condition);
  return {
    searches,
    conditions: texts.map((text) => parseCondition(String(text.value), [...searches.keys()], locateIn(text))),
    conditionsAt: texts.map(({ line, column }) => ({ line, column })),
  };
}

function conditionTexts(entry: YamlEntry): readonly YamlScalar[] {
  const nodes = entry.value.kind === 'sequence' ? entry.value.items : [entry.value];
  const texts = nodes.map((node) => {
    if (node.kind === 'scalar' && typeof node.value === 'string') return node;
    throw new RuleProblem('invalid_condition', '`condition` must be text, or a list of texts.', node);
  });
  if (texts.length === 0)
    throw new RuleProblem('invalid_condition', '`condition` is an empty list.', entry.at);
  return texts;
}

/** Where the text is written as it reads, a character's own column; else the start of the text. */
const locateIn =
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
    return { kind: 'all', of: node.entries.map(parseItem) };
  }
  if (node.kind === 'scalar') return keywords([node], at);
  if (node.items.length === 0)
    throw new RuleProblem('invalid_detection', 'A search identifier is an empty list.', node);
  const words = node.items.filter((item) => item.kind === 'scalar');
  if (words.length === node.items.length) return keywords(words, at);
  return { kind: 'any', of: node.items.map((item) => parseSearch(item, item, depth + 1)) };
}

function keywords(values: readonly YamlScalar[], at: Position): DetectionNode {
  for (const value of values) checkKeyword(value.value, value);
  return { kind: 'item', item: { modifiers: [], ...valuesOf(values), at: positionOf(at) } };
}

function checkKeyword(value: Scalar, at: Position): void {
  if (value === null || value === '')
    throw new RuleProblem(
      'invalid_value',
      'A keyword must be text or a number: an empty one would be found in every event.',
      at,
    );
}

function parseItem(entry: YamlEntry): DetectionNode {
  const [field = '', ...names] = entry.key.split('|');
  const modifiers = parseModifiers(names, entry.at);
  const nodes = entry.value.kind === 'sequence' ? entry.value.items : [entry.value];
  if (nodes.length === 0)
    throw new RuleProblem(
      'invalid_detection',
      `\`${entry.key.slice(0, 80)}\` has an empty list of values, which can never hold.`,
      entry.value,
    );
  const values = nodes.map((node) => {
    if (node.kind === 'scalar') return node;
    throw new RuleProblem(
      'invalid_detection',
      `\`${entry.key.slice(0, 80)}\` must have a value or a list of values, not a nested structure.`,
      node,
    );
  });
  if (field === '') {
    if (names.length === 0) throw new RuleProblem('invalid_detection', 'A field name is empty.', entry.at);
    for (const value of values) checkKeyword(value.value, value);
  }
  const item: DetectionItem = {
    ...(field === '' ? {} : { field }),
    modifiers,
    ...valuesOf(values),
    at: positionOf(entry.at),
  };
  return { kind: 'item', item };
}

const valuesOf = (values: readonly YamlScalar[]): Pick<DetectionItem, 'values' | 'valuesAt'> => ({
  values: values.map(({ value }) => value),
  valuesAt: values.map(positionOf),
});

const positionOf = ({ line, column }: Position): Position => ({ line, column });
