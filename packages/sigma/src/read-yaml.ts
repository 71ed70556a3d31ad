import {
  Composer,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  Parser,
  type Scalar as YamlScalarNode,
} from 'yaml';
import type { Scalar } from './column-batch.ts';
import { type Position, RuleProblem } from './rule-error.ts';
import { yamlLimits } from './yaml-limits.ts';
import type { YamlEntry, YamlNode } from './yaml-node.ts';

/**
 * Reads one YAML 1.2 document whose first line is line `firstLine` of its file.
 * @throws RuleProblem `yaml_syntax` or `yaml_limit`; never anything else, whatever the text.
 */
export function readYaml(text: string, firstLine: number): YamlNode | undefined {
  const start = { line: firstLine, column: 1 };
  if (text.length > yamlLimits.bytes)
    throw new RuleProblem(
      'yaml_limit',
      `One document may be ${yamlLimits.bytes} characters long at most.`,
      start,
    );
  const lines = new LineCounter();
  const place = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1) + firstLine - 1, column: Math.max(col, 1) };
  };
  const document = compose(text, lines, place, start);
  if (document === undefined || document.contents === null) return undefined;
  return convert(document, text, place);
}

/** The parser keeps its own stack, the composer recurses: so depth is bounded between the two. */
function compose(
  text: string,
  lines: LineCounter,
  place: (offset: number) => Position,
  start: Position,
): Document.Parsed | undefined {
  const tokens = [...new Parser(lines.addNewLine).parse(text)];
  let level: unknown[] = tokens;
  for (let depth = 0; level.length > 0; depth++) {
    // A mapping's value is three token levels below the mapping: token, its items, the item's value.
    if (depth > yamlLimits.depth * 3)
      throw new RuleProblem(
        'yaml_limit',
        `YAML may be nested ${yamlLimits.depth} levels deep at most.`,
        start,
      );
    level = level.flatMap(childTokens);
  }
  // Keys that stand twice are found below: the composer would hold each against all before it.
  const [document] = new Composer({ version: '1.2', uniqueKeys: false, strict: true, merge: false }).compose(
    tokens,
    true,
    text.length,
  );
  const [error] = document?.errors ?? [];
  if (error !== undefined) throw new RuleProblem('yaml_syntax', sentence(error.message), place(error.pos[0]));
  return document as Document.Parsed | undefined;
}

function childTokens(token: unknown): unknown[] {
  if (typeof token !== 'object' || token === null) return [];
  if (Array.isArray(token)) return token;
  const { items, value, key } = token as { items?: unknown; value?: unknown; key?: unknown };
  return [items, value, key].filter((child) => typeof child === 'object' && child !== null);
}

function convert(document: Document, text: string, place: (offset: number) => Position): YamlNode {
  let nodes = 0;
  let expanding = 0;
  /** Nodes by the anchor that was given last: looking an alias up in the document would read all of it each time. */
  const anchors = new Map<string, Node>();
  const visit = (node: Node | null | undefined, depth: number, fallback: Position): YamlNode => {
    const at = node?.range ? place(node.range[0]) : fallback;
    if (expanding === 0 && node && !isAlias(node) && node.anchor !== undefined)
      anchors.set(node.anchor, node);
    if (++nodes > yamlLimits.nodes)
      throw new RuleProblem(
        'yaml_limit',
        `One document may hold ${yamlLimits.nodes} values at most, aliases expanded.`,
        at,
      );
    if (depth > yamlLimits.depth)
      throw new RuleProblem('yaml_limit', `YAML may be nested ${yamlLimits.depth} levels deep at most.`, at);
    if (isAlias(node)) {
      const target = anchors.get(node.source);
      if (target === undefined)
        throw new RuleProblem('yaml_syntax', `The alias *${node.source} has no anchor.`, at);
      expanding++;
      const expanded = visit(target, depth + 1, at);
      expanding--;
      return expanded;
    }
    if (isSeq(node)) {
      return { kind: 'sequence', items: node.items.map((item) => visit(item as Node, depth + 1, at)), ...at };
    }
    if (isMap(node)) {
      const keys = new Set<string>();
      const entries = node.items.map((pair): YamlEntry => {
        const key = visit(pair.key as Node, depth + 1, at);
        if (key.kind !== 'scalar') throw new RuleProblem('yaml_syntax', 'A key must be text.', key);
        const name = key.value === null ? '' : String(key.value);
        if (keys.has(name)) throw new RuleProblem('yaml_syntax', 'Map keys must be unique.', key);
        keys.add(name);
        return {
          key: name,
          at: { line: key.line, column: key.column },
          value: visit(pair.value as Node | null, depth + 1, key),
        };
      });
      return { kind: 'mapping', entries, ...at };
    }
    if (isScalar(node))
      return { kind: 'scalar', value: scalarOf(node, at), inset: insetOf(node, text), ...at };
    return { kind: 'scalar', value: null, inset: undefined, ...at };
  };
  return visit(document.contents, 0, place(0));
}

function scalarOf(node: YamlScalarNode, at: Position): Scalar {
  const { value } = node;
  // A number that JavaScript cannot hold exactly keeps the text it was written as.
  if (typeof value === 'number')
    return Number.isSafeInteger(value) || !Number.isInteger(value) ? value : (node.source ?? String(value));
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return value;
  throw new RuleProblem('yaml_syntax', 'Only texts, numbers, booleans and null can be values.', at);
}

function insetOf(node: YamlScalarNode, text: string): number | undefined {
  const start = node.range?.[0];
  if (start === undefined || typeof node.value !== 'string') return undefined;
  const inset =
    node.type === 'PLAIN' ? 0 : node.type === 'QUOTE_SINGLE' || node.type === 'QUOTE_DOUBLE' ? 1 : undefined;
  return inset !== undefined && text.startsWith(node.value, start + inset) ? inset : undefined;
}

const sentence = (message: string): string =>
  `${(message.split('\n')[0] ?? message).replace(/ at line \d+, column \d+:?$/u, '')}.`;
