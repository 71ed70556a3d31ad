import type { Scalar } from './column-batch.ts';
import { type Position, RuleProblem } from './rule-error.ts';

/** A YAML value with the place it is written at. */
export type YamlNode = YamlScalar | YamlSequence | YamlMapping;

export interface YamlScalar extends Position {
  readonly kind: 'scalar';
  readonly value: Scalar;
  /** Columns from the node's start to its first character; undefined when the text is not written as it reads. */
  readonly inset: number | undefined;
}

export interface YamlSequence extends Position {
  readonly kind: 'sequence';
  readonly items: readonly YamlNode[];
}

export interface YamlMapping extends Position {
  readonly kind: 'mapping';
  readonly entries: readonly YamlEntry[];
}

export interface YamlEntry {
  readonly key: string;
  readonly at: Position;
  readonly value: YamlNode;
}

export function entryOf(mapping: YamlMapping, key: string): YamlEntry | undefined {
  return mapping.entries.find((entry) => entry.key === key);
}

/** The plain value, with mappings as entry lists so that no key can reach a prototype; for hashing and nothing else. */
export function plainOf(node: YamlNode): unknown {
  if (node.kind === 'scalar') return node.value;
  if (node.kind === 'sequence') return node.items.map(plainOf);
  return node.entries.map((entry) => [entry.key, plainOf(entry.value)]);
}

export function expectMapping(node: YamlNode, what: string): YamlMapping {
  if (node.kind === 'mapping') return node;
  throw new RuleProblem('invalid_field', `${what} must be a mapping of names to values.`, node);
}

/** The text of an optional key. Numbers are read as their text, since `id: 12` or `date: 2024` mean text. */
export function textOf(mapping: YamlMapping, key: string): string | undefined {
  const node = entryOf(mapping, key)?.value;
  if (node === undefined || (node.kind === 'scalar' && node.value === null)) return undefined;
  if (node.kind !== 'scalar') throw new RuleProblem('invalid_field', `\`${key}\` must be text.`, node);
  return String(node.value);
}

/** The texts of an optional key that holds a list of texts (or one text). */
export function textsOf(mapping: YamlMapping, key: string): readonly string[] {
  const node = entryOf(mapping, key)?.value;
  if (node === undefined || (node.kind === 'scalar' && node.value === null)) return [];
  const nodes = node.kind === 'sequence' ? node.items : [node];
  return nodes.map((item) => {
    if (item.kind === 'scalar' && item.value !== null) return String(item.value);
    throw new RuleProblem('invalid_field', `\`${key}\` must be a list of texts.`, item);
  });
}

/** The value of an optional key that must be one of `allowed`. */
export function choiceOf<T extends string>(
  mapping: YamlMapping,
  key: string,
  allowed: readonly T[],
): T | undefined {
  const text = textOf(mapping, key);
  if (text === undefined) return undefined;
  const choice = allowed.find((candidate) => candidate === text.toLowerCase());
  if (choice !== undefined) return choice;
  throw new RuleProblem(
    'invalid_field',
    `\`${key}\` is "${text.slice(0, 60)}"; it must be one of ${allowed.join(', ')}.`,
    entryOf(mapping, key)?.value ?? mapping,
  );
}
