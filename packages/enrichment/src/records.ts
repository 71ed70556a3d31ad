import { isScalar, parseDocument, visit } from 'yaml';
import { parseCsv } from './csv.ts';
import { type Row, recordLimits } from './record-limits.ts';

export const recordFormats = ['csv', 'ndjson', 'json', 'yaml'] as const;
export type RecordFormat = (typeof recordFormats)[number];

/**
 * The records of a file. A line that cannot be read costs itself alone in CSV and NDJSON; JSON and YAML are lists and
 * whole or not at all. @throws Error with a sentence for people
 */
export function parseRecords(text: string, format: RecordFormat, header?: readonly string[]): Iterable<Row> {
  if (format === 'csv') return parseCsv(text, header);
  if (format === 'ndjson') return parseLines(text);
  return listOf(format === 'json' ? parseJson(text) : parseYaml(text));
}

/** Text of UTF-8 bytes, without the byte order mark. @throws Error for what is no text */
export function decodeText(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new Error('The file is no UTF-8 text.');
  }
}

/** Lines without their ends; a line longer than the limit is empty. */
export function* linesOf(text: string): Generator<string> {
  let start = 0;
  while (start < text.length) {
    const found = text.indexOf('\n', start);
    const next = found === -1 ? text.length : found;
    const end = text.charCodeAt(next - 1) === 13 && next > start ? next - 1 : next;
    yield end - start > recordLimits.line ? '' : text.slice(start, end);
    start = next + 1;
  }
}

/** @throws Error with a sentence for people */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Error(`The file is no JSON: ${firstLine(cause)}.`, { cause });
  }
}

const maxAliases = 1_000;

/** @throws Error with a sentence for people */
export function parseYaml(text: string): unknown {
  if (text.length > recordLimits.yaml)
    throw new Error(
      `The YAML file is larger than ${recordLimits.yaml} characters; write it as CSV or NDJSON.`,
    );
  try {
    const document = parseDocument(text, {
      version: '1.2',
      merge: false,
      // Found below: the reader would hold each key against all before it.
      uniqueKeys: false,
      logLevel: 'silent',
    });
    const [error] = document.errors;
    if (error !== undefined) throw error;
    let aliases = 0;
    visit(document, {
      Alias() {
        aliases += 1;
        // Each is looked for in the whole document.
        if (aliases > maxAliases) throw new Error(`it has more than ${maxAliases} aliases`);
      },
      Map(_, { items }) {
        const keys = new Set(items.map(({ key }) => (isScalar(key) ? String(key.value) : key)));
        if (keys.size < items.length) throw new Error('a mapping has a key twice');
      },
    });
    return document.toJS({ maxAliasCount: 100 });
  } catch (cause) {
    // Too many levels end the stack; the reader has no limit of its own.
    const reason = cause instanceof RangeError ? 'it has too many levels' : firstLine(cause);
    throw new Error(`The file is no YAML that can be read: ${reason}.`, { cause });
  }
}

function* parseLines(text: string): Generator<Row> {
  for (const line of linesOf(text)) {
    if (line.trim() === '') continue;
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      value = undefined;
    }
    yield isRecord(value) ? value : undefined;
  }
}

function* listOf(value: unknown): Generator<Row> {
  if (!Array.isArray(value)) throw new Error('The file has to be a list of records.');
  for (const item of value) yield isRecord(item) ? item : undefined;
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return (message.split('\n')[0] ?? '').slice(0, 200).replace(/[.:]$/, '');
}

/** Visits each item and lets other work run in between, so that a large file does not stop the process. */
export async function visitAll<T>(items: Iterable<T>, visit: (item: T) => void): Promise<void> {
  let count = 0;
  for (const item of items) {
    visit(item);
    count += 1;
    if (count > recordLimits.records)
      throw new Error(`The file has more than ${recordLimits.records} records.`);
    if (count % itemsPerTurn === 0) await new Promise<void>((resume) => setImmediate(resume));
  }
}

const itemsPerTurn = 5_000;
