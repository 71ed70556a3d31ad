import type { Scalar } from './column-batch.ts';
import type { Position } from './rule-error.ts';
import { yamlLimits } from './yaml-limits.ts';
import type { YamlEntry, YamlMapping, YamlNode, YamlScalar, YamlSequence } from './yaml-node.ts';

/**
 * Reads the plain YAML that rules are written in: block mappings and lists, scalars on one line, literal blocks. About
 * ten times as fast as the general reader. Whatever it does not know for certain (flow collections, anchors, tags, folded
 * text, tabs, anything that may be an error) it leaves to the general reader by returning undefined; what it does read
 * it reads as the general reader does.
 */
export function readPlainYaml(text: string, firstLine: number): YamlNode | undefined {
  if (text.length > yamlLimits.bytes) return undefined;
  const reader: Reader = { lines: text.split('\n'), firstLine, row: 0, nodes: 0 };
  try {
    skipToContent(reader);
    if (reader.row >= reader.lines.length) return undefined;
    const column = indentOf(lineAt(reader));
    const node = readBlock(reader, column, 0);
    return reader.row >= reader.lines.length ? node : undefined;
  } catch (problem) {
    if (problem === notPlain) return undefined;
    throw problem;
  }
}

interface Reader {
  readonly lines: readonly string[];
  readonly firstLine: number;
  row: number;
  nodes: number;
}

const notPlain = new Error('not plain YAML');
const giveUp = (): never => {
  throw notPlain;
};

const lineAt = (reader: Reader): string => reader.lines[reader.row] ?? '';
const place = (reader: Reader, column: number): Position => ({
  line: reader.row + reader.firstLine,
  column: column + 1,
});

function indentOf(line: string): number {
  let indent = 0;
  while (line.charCodeAt(indent) === 0x20) indent++;
  return indent;
}

/** Moves to the next line that is neither blank nor a comment. */
function skipToContent(reader: Reader): void {
  for (; reader.row < reader.lines.length; reader.row++) {
    const line = lineAt(reader);
    const first = line.charCodeAt(indentOf(line));
    if (first === 0x09) giveUp();
    if (!Number.isNaN(first) && first !== 0x23) return;
  }
}

/** A mapping or a list whose first entry starts at `column` of the current line. */
function readBlock(reader: Reader, column: number, depth: number): YamlNode {
  if (depth > yamlLimits.depth) giveUp();
  return isDash(lineAt(reader), column)
    ? readSequence(reader, column, depth)
    : readMapping(reader, column, depth);
}

const isDash = (line: string, column: number): boolean =>
  line.charCodeAt(column) === 0x2d && (column + 1 === line.length || line.charCodeAt(column + 1) === 0x20);

/** Whether the next line of content belongs to the block at `column`; a deeper one belongs to nothing. */
function continues(reader: Reader, column: number): boolean {
  skipToContent(reader);
  if (reader.row >= reader.lines.length) return false;
  const indent = indentOf(lineAt(reader));
  if (indent > column) giveUp();
  return indent === column;
}

function readSequence(reader: Reader, column: number, depth: number): YamlSequence {
  const at = place(reader, column);
  const items: YamlNode[] = [];
  do {
    const line = lineAt(reader);
    if (!isDash(line, column)) {
      // Under a key, a list may stand at the key's own column; then the next key ends it.
      if (items.length > 0) break;
      giveUp();
    }
    let start = column + 1;
    while (line.charCodeAt(start) === 0x20) start++;
    if (start >= line.length || line.charCodeAt(start) === 0x23)
      items.push(readNested(reader, column, depth, false));
    else if (isDash(line, start)) giveUp();
    else if (keyAt(line, start) !== undefined) items.push(readMapping(reader, start, depth + 1));
    else items.push(readScalar(reader, start, column));
  } while (continues(reader, column));
  return { kind: 'sequence', items, ...at };
}

function readMapping(reader: Reader, column: number, depth: number): YamlMapping {
  if (depth > yamlLimits.depth) giveUp();
  const at = place(reader, column);
  const entries: YamlEntry[] = [];
  const keys = new Set<string>();
  do {
    const line = lineAt(reader);
    if (isDash(line, column)) giveUp();
    const key = keyAt(line, column);
    if (key === undefined || keys.has(key.text)) return giveUp();
    keys.add(key.text);
    count(reader);
    const keyPlace = place(reader, column);
    let start = key.end;
    while (line.charCodeAt(start) === 0x20) start++;
    const nested = start >= line.length || line.charCodeAt(start) === 0x23;
    const value = nested ? readNested(reader, column, depth, true) : readScalar(reader, start, column);
    entries.push({ key: key.text, at: keyPlace, value });
  } while (continues(reader, column));
  return { kind: 'mapping', entries, ...at };
}

/** The block below a key or a dash that has nothing after it on its line. */
function readNested(reader: Reader, column: number, depth: number, underKey: boolean): YamlNode {
  reader.row++;
  skipToContent(reader);
  const line = lineAt(reader);
  const indent = indentOf(line);
  const below = indent > column || (underKey && indent === column && isDash(line, indent));
  if (reader.row >= reader.lines.length || !below) giveUp();
  if (!isDash(line, indent) && keyAt(line, indent) === undefined) giveUp();
  return readBlock(reader, indent, depth + 1);
}

interface Key {
  readonly text: string;
  /** Column after the colon. */
  readonly end: number;
}

const plainKey = /[A-Za-z_$/(.\d][^\s:#'"]*(?: [^\s:#'"]+)*:(?= |$)/y;
const quotedKey = /'([^'\t]+)':(?= |$)/y;

function keyAt(line: string, column: number): Key | undefined {
  const pattern = line.charCodeAt(column) === 0x27 ? quotedKey : plainKey;
  pattern.lastIndex = column;
  const match = pattern.exec(line);
  if (match === null) return undefined;
  const text = match[1] ?? match[0].slice(0, -1);
  if (match[1] === undefined && typeof resolve(text) !== 'string') return undefined;
  return { text, end: pattern.lastIndex };
}

/** The scalar that starts at `column`, in a block whose entries start at `parent`. Moves past it. */
function readScalar(reader: Reader, column: number, parent: number): YamlScalar {
  count(reader);
  const line = lineAt(reader);
  const at = place(reader, column);
  const first = line.charAt(column);
  if (first === '|') return { ...readLiteral(reader, column, parent), ...at };
  if (line.includes('\t', column)) giveUp();
  const scalar =
    first === "'"
      ? readSingle(line, column)
      : first === '"'
        ? readDouble(line, column)
        : readPlain(line, column);
  reader.row++;
  refuseContinuation(reader, parent);
  return { ...scalar, ...at };
}

/** A deeper line after a scalar would go on with it. */
function refuseContinuation(reader: Reader, parent: number): void {
  skipToContent(reader);
  if (reader.row < reader.lines.length && indentOf(lineAt(reader)) > parent) giveUp();
}

type ScalarText = Pick<YamlScalar, 'kind' | 'value' | 'inset'>;

const singleQuoted = /'((?:[^']|'')*)' *(?:$| #)/y;

function readSingle(line: string, column: number): ScalarText {
  singleQuoted.lastIndex = column;
  const raw = singleQuoted.exec(line)?.[1];
  if (raw === undefined) return giveUp();
  const value = raw.includes("''") ? raw.replaceAll("''", "'") : raw;
  return { kind: 'scalar', value, inset: raw.startsWith(value) ? 1 : undefined };
}

const doubleQuoted = /"([^"\\]*)" *(?:$| #)/y;

function readDouble(line: string, column: number): ScalarText {
  doubleQuoted.lastIndex = column;
  const value = doubleQuoted.exec(line)?.[1];
  return value === undefined ? giveUp() : { kind: 'scalar', value, inset: 1 };
}

function readPlain(line: string, column: number): ScalarText {
  const comment = line.indexOf(' #', column);
  const text = line.slice(column, comment === -1 ? undefined : comment).trimEnd();
  // A character that starts something else, or a colon that would make this a key.
  if (/^[\]},[{#&*!|>%@`'"]|^[-?:](?: |$)|: |:$/u.test(text)) giveUp();
  if (text === '---' || text === '...') giveUp();
  const value = resolve(text);
  return value === undefined
    ? giveUp()
    : { kind: 'scalar', value, inset: typeof value === 'string' ? 0 : undefined };
}

const unusualNumber =
  /^[-+]?(?:(?:\.\d+|\d+\.?\d*)(?:[eE][-+]?\d+)?|0[xo][\da-fA-F]+|\.(?:inf|Inf|INF|nan|NaN|NAN))$/u;

/** A plain scalar's value by the core schema of YAML 1.2; undefined where the general reader should say. */
function resolve(text: string): Scalar | undefined {
  const first = text.charCodeAt(0);
  // Nearly all plain scalars start with a letter that no special value starts with.
  if (first > 0x39 && !'nNtTfF~'.includes(text.charAt(0))) return text;
  if (/^(?:~|null|Null|NULL)?$/u.test(text)) return text === '' ? undefined : null;
  if (/^(?:true|True|TRUE)$/u.test(text)) return true;
  if (/^(?:false|False|FALSE)$/u.test(text)) return false;
  if (/^(?:0|[1-9]\d{0,14})$/u.test(text)) return Number(text);
  // Signs, leading zeros, fractions, other bases, infinities: rare, and full of special cases.
  return unusualNumber.test(text) ? undefined : text;
}

/** A literal block: `|` or `|-`. */
function readLiteral(reader: Reader, column: number, parent: number): ScalarText {
  const header = /^\|(-?) *(?:$| #)/u.exec(lineAt(reader).slice(column));
  if (header === null) return giveUp();
  reader.row++;
  const lines: string[] = [];
  let indent = -1;
  for (; reader.row < reader.lines.length; reader.row++) {
    const line = lineAt(reader);
    const own = indentOf(line);
    if (own === line.length) {
      // Spaces of a blank line beyond the block's own indent are text.
      if (own > Math.max(indent, 0) && (indent !== -1 || own > 0)) giveUp();
      lines.push('');
      continue;
    }
    if (indent === -1) indent = own > parent ? own : giveUp();
    if (own < indent) break;
    lines.push(line.slice(indent));
  }
  if (indent === -1) giveUp();
  while (lines.at(-1) === '') lines.pop();
  if (reader.row < reader.lines.length && indentOf(lineAt(reader)) > parent) giveUp();
  return { kind: 'scalar', value: lines.join('\n') + (header[1] === '-' ? '' : '\n'), inset: undefined };
}

function count(reader: Reader): void {
  if (++reader.nodes > yamlLimits.nodes / 2) giveUp();
}
