import { kindMask, type TokenSource, tokenKinds } from '../decode/json-token.ts';
import { parseEvent, scalarsOf } from '../decode/parse-event.ts';
import { createPathTree } from '../decode/path-tree.ts';
import { planShapes, putFound } from '../decode/shape-plan.ts';
import { walkParsed } from '../decode/walk-parsed.ts';
import { eventId, topicTag } from '../event-id.ts';
import type { OwnColumn } from './attribute-columns.ts';
import type { CodePool } from './code-pool.ts';
import type { Column, EventBatch } from './event-batch.ts';
import { createFieldSpans, type Spans, valueKind } from './field-spans.ts';
import { noRows, rowsByKind, type SourceRows } from './source-rows.ts';
import type { SourceTable } from './source-table.ts';
import { spanDictionary } from './span-dictionary.ts';
import { createValueDictionary } from './value-dictionary.ts';

/** Whether the memory that a batch speaks of was given to others. */
export interface BatchLifetime {
  isOver: boolean;
}

/** The collected rows of one source as an `EventBatch`. Columns are made when they are first asked for. */
export function createSourceBatch(table: SourceTable, rows: SourceRows, lifetime: BatchLifetime): EventBatch {
  const { plan } = table;
  const { length, records, sources, starts, ends } = rows;
  const times = rows.times.subarray(0, length);
  const columns: (OwnColumn | null | undefined)[] = [];
  const attributes = new Map<string, Column | undefined>();
  const unplanned = new Map<string, Column | undefined>();
  let paths: readonly string[] | undefined;
  let files: readonly (string | undefined)[] | undefined;
  let lines: readonly (number | undefined)[] | undefined;
  let parsedRow = -1;
  let parsed: object | undefined;

  /** Rather than to tell of other events. */
  const requireLife = (): void => {
    if (lifetime.isOver)
      throw new Error('The batch is no longer valid: its decoder has decoded again, or was closed.');
  };
  const recordAt = (row: number) => {
    requireLife();
    return at(records, at(rows.recordOf, row));
  };
  const rawAt = (row: number): Uint8Array => {
    if (row >= length) throw new RangeError(`Row ${row} is outside the batch.`);
    return sourceAt(row).bytes.subarray(starts[row], ends[row]);
  };
  const sourceAt = (row: number): TokenSource => {
    requireLife();
    return at(sources, at(rows.sourceOf, row));
  };
  const ownColumn = (field: number): OwnColumn | undefined => {
    const known = columns[field];
    if (known !== undefined) return known ?? undefined;
    requireLife();
    const spans = rows.fields.columns[field];
    const made = spans === undefined ? undefined : makeColumn(field, spans);
    columns[field] = made ?? null;
    return made;
  };
  const makeColumn = (field: number, spans: Spans): OwnColumn => {
    const twin = twinOf(field, spans);
    if (twin !== undefined) return twin;
    if (
      table.spanned[field] === 1 ||
      (plan.copiedOnly[field] === 1 && firstKind(spans, length) === tokenKinds.number)
    ) {
      const codes = spannedCodes(spans, length, table.pool);
      const of = {
        sourceOf: sourceAt,
        exponents: rows.exponents,
        numbers: () => table.numbers.notesOf(field),
      };
      return { spans: spanDictionary(spans, length, of), codes };
    }
    return { dictionary: table.dictionary(field), codes: table.early.codesOf(field, spans, rows) };
  };
  /** Rules name one place in several ways: a field that has the same values as the first field of its place is that one. */
  const twinOf = (field: number, spans: Spans): OwnColumn | undefined => {
    const twin = plan.twins[field] as number;
    const other = twin === -1 ? undefined : rows.fields.columns[twin];
    return other !== undefined && isSame(spans, other, length) ? ownColumn(twin) : undefined;
  };
  const kinds = table.kinds.kindsOf(length, ownColumn);
  const byKind = rowsByKind(kinds, plan.kinds.length);
  const planned = table.plannedFor([...byKind.keys()].filter((kind) => byKind[kind] !== noRows));
  const attributeRows = { length, byKind, planned, field: ownColumn };
  const eventAt = (row: number): object => {
    if (row !== parsedRow || parsed === undefined) {
      parsed = parseEvent(rawAt(row)).event ?? {};
      parsedRow = row;
    }
    return parsed;
  };
  const attribute = (path: string): Column | undefined => {
    if (!attributes.has(path)) {
      attributes.set(
        path,
        path === 'time' ? timeColumn(times, table.pool) : table.attributes.column(path, attributeRows),
      );
    }
    return attributes.get(path);
  };
  /** A field that nobody said would be read: slow, but right. */
  const unplannedColumn = (name: string): Column | undefined => {
    if (!unplanned.has(name)) unplanned.set(name, readColumn(name));
    return unplanned.get(name);
  };
  const readColumn = (name: string): Column | undefined => {
    const tree = createPathTree();
    const shapes = planShapes(plan.profile, [name], tree);
    const dictionary = createValueDictionary();
    const codes = new Uint32Array(length);
    const fields = createFieldSpans(1);
    for (let row = 0; row < length; row += 1) {
      fields.begin();
      const shape = at(shapes, at(rows.shapes, row));
      walkParsed(tree, eventAt(row), (node, value, place) =>
        putFound(fields, shape, node, { value, ...place }),
      );
      const spans = fields.columns[0];
      if (fields.has(0) && spans !== undefined)
        codes[row] = dictionary.codeOf(spans.values[at(spans.words, 0)] ?? null);
      fields.clear(1);
    }
    return dictionary.size > 1 ? { dictionary, codes } : undefined;
  };

  return {
    source: plan.profile.id,
    length,
    times,
    receivedTimes: rows.receivedTimes.subarray(0, length),
    routes: kinds,
    logSources: plan.kinds.map((kind) => kind.logSources),
    rowsOf: (route) => byKind[route] ?? noRows,
    origin(row) {
      const { topicId, partition, offset } = recordAt(row);
      return { topicId, partition, offset, line: at(rows.lines, row) };
    },
    id(row) {
      const { topicId, partition, offset } = recordAt(row);
      return eventId(at(rows.idTimes, row), topicTag(topicId), {
        partition,
        offset,
        line: at(rows.lines, row),
      });
    },
    field(name) {
      const number = plan.fieldNumbers.get(name);
      return number === undefined ? unplannedColumn(name) : asColumn(ownColumn(number));
    },
    attribute,
    attributePaths() {
      paths ??= planned.paths.filter((path) => attribute(path) !== undefined);
      return paths;
    },
    values: (row) => [...scalarsOf(eventAt(row))],
    attributeValue(row, path) {
      const column = attribute(path);
      const code = column?.codes[row];
      return code === undefined || code === 0 ? undefined : column?.dictionary.valueOf(code);
    },
    raw: rawAt,
    // The whole buffer, which is one object for many events: so they know it again.
    lookAtJson: (row, look) =>
      look(sourceAt(row).bytes, at(starts, row), at(ends, row), at(rows.coded, row) !== 0),
    mayHold(texts) {
      requireLife();
      return table.scans.mayHold(rows, texts);
    },
    files() {
      files ??= Array.from(
        rows.recordOf.subarray(0, length),
        (record) => at(records, record).headers['parapet-file'],
      );
      return files;
    },
    lines() {
      lines ??= Array.from(rows.recordOf.subarray(0, length), (record, row) =>
        fileLine(at(records, record).headers['parapet-line'], at(rows.places, row)),
      );
      return lines;
    },
  };
}

function asColumn(column: OwnColumn | undefined): Column | undefined {
  if (column === undefined || 'dictionary' in column) return column;
  return { dictionary: column.spans, codes: column.codes };
}

/** Kind of the first token of a column; 0 where there is none. */
function firstKind({ words }: Spans, length: number): number {
  for (let row = 0; row < length; row += 1) {
    const tag = words[2 * row + 1] as number;
    if (tag !== 0) return tag & kindMask;
  }
  return 0;
}

/** Of rows that have the field their number plus one. */
function spannedCodes({ words }: Spans, length: number, pool: CodePool): Uint32Array {
  let row = 0;
  while (row < length && words[2 * row + 1] !== 0) row += 1;
  if (row === length) return pool.ordinal(length);
  const codes = pool.take(length);
  for (row = 0; row < length; row += 1) if (words[2 * row + 1] !== 0) codes[row] = row + 1;
  return codes;
}

/** Whether two fields have the same tokens in every row. Values that are no tokens count as different. */
function isSame({ words }: Spans, other: Spans, length: number): boolean {
  const otherWords = other.words;
  for (let at = 0; at < 2 * length; at += 2) {
    const tag = words[at + 1] as number;
    if (tag !== otherWords[at + 1] || tag === valueKind) return false;
    if (tag !== 0 && words[at] !== otherWords[at]) return false;
  }
  return true;
}

/** Line numbers are 32-bit wherever they are kept. */
const maxFileLine = 2 ** 31 - 1;

function fileLine(header: string | undefined, place: number): number | undefined {
  if (header === undefined || !/^\d{1,15}$/.test(header)) return undefined;
  const line = Number(header) + place;
  return line <= maxFileLine ? line : undefined;
}

/** Hardly two events have the same time, so that each row is a value of its own. */
function timeColumn(times: Float64Array, pool: CodePool): Column | undefined {
  if (times.length === 0) return undefined;
  const dictionary = {
    size: times.length + 1,
    valueOf: (code: number) => at(times, code - 1),
    copyAscii: () => -1,
  };
  return { dictionary, codes: pool.ordinal(times.length) };
}

/** An element that is there by construction. */
function at<T>(list: ArrayLike<T>, index: number): T {
  const element = list[index];
  if (element === undefined) throw new RangeError(`Row ${index} is outside the batch.`);
  return element;
}
