import { partOf as textPart } from '../alias-part.ts';
import { parseEvent, scalarsOf } from '../decode/parse-event.ts';
import { createPathTree } from '../decode/path-tree.ts';
import { createRowFields } from '../decode/row-fields.ts';
import { planShapes, type ShapePlan } from '../decode/shape-plan.ts';
import { walkParsed } from '../decode/walk-parsed.ts';
import { eventId, topicTag } from '../event-id.ts';
import type { Scalar } from '../field-value.ts';
import type { OwnColumn } from './attribute-columns.ts';
import type { CodePool } from './code-pool.ts';
import type { Column, EventBatch } from './event-batch.ts';
import { rowsByKind, type SourceRows } from './source-rows.ts';
import type { SourceTable } from './source-table.ts';
import { spanDictionary } from './span-column.ts';
import { createValueDictionary } from './value-dictionary.ts';

/** The collected rows of one source as an `EventBatch`. Attribute columns are made when they are first asked for. */
export function createSourceBatch(table: SourceTable, rows: SourceRows): EventBatch {
  const { plan } = table;
  const { length, records, times } = rows;
  const tags = new Map<string, string>();
  const attributes = new Map<string, Column | undefined>();
  const unplanned = new Map<string, Column | undefined>();
  const recordAt = (row: number) => at(records, at(rows.recordOf, row));
  // The dictionaries of this batch: a later generation must not change what its codes mean.
  const columns: (OwnColumn | undefined)[] = [];
  for (const [field, isThere] of rows.present.entries()) {
    if (isThere === 1) columns[field] = ownColumn(field);
  }
  const byKind = rowsByKind(rows.kinds, plan.kinds.length);
  const attributeRows = { length, byKind, field: (number: number) => columns[number] };
  let paths: readonly string[] | undefined;
  let files: readonly (string | undefined)[] | undefined;
  let lines: readonly (number | undefined)[] | undefined;
  let parsedRow = -1;
  let parsed: object | undefined;

  const rawAt = (row: number): Uint8Array => {
    const { value } = recordAt(row);
    return value === null ? noBytes : value.subarray(at(rows.starts, row), at(rows.ends, row));
  };
  function ownColumn(field: number): OwnColumn | undefined {
    const spans = rows.spans[field];
    if (table.spanned[field] === 1 && spans !== undefined) {
      const codes = table.pool.take(length);
      for (let row = 0; row < length; row += 1) if (spans.kinds[row] !== 0) codes[row] = row + 1;
      return { spans: spanDictionary(spans, length, (row) => recordAt(row).value ?? noBytes), codes };
    }
    const codes = rows.codes[field];
    return codes === undefined ? undefined : { dictionary: table.dictionary(field), codes };
  }
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
    if (unplanned.has(name)) return unplanned.get(name);
    const tree = createPathTree();
    const shapes = planShapes(plan.profile, [name], tree);
    const fields = createRowFields(1);
    const dictionary = createValueDictionary();
    const codes = new Uint32Array(length);
    for (let row = 0; row < length; row += 1) {
      const shape = at(shapes, at(rows.shapes, row));
      codes[row] = readParsed(eventAt(row), { tree, shape, fields, dictionaryOf: () => dictionary });
    }
    const column = dictionary.size > 1 ? { dictionary, codes } : undefined;
    unplanned.set(name, column);
    return column;
  };

  return {
    source: plan.profile.id,
    length,
    times,
    receivedTimes: rows.receivedTimes,
    routes: rows.kinds,
    logSources: plan.kinds.map((kind) => kind.logSources),
    rowsOf: (route) => byKind[route] ?? new Uint32Array(0),
    origin(row) {
      const { topicId, partition, offset } = recordAt(row);
      return { topicId, partition, offset, line: at(rows.lines, row) };
    },
    id(row) {
      const { topicId, partition, offset } = recordAt(row);
      let tag = tags.get(topicId);
      if (tag === undefined) {
        tag = topicTag(topicId);
        tags.set(topicId, tag);
      }
      return eventId(at(rows.idTimes, row), tag, { partition, offset, line: at(rows.lines, row) });
    },
    field(name) {
      const number = plan.fieldNumbers.get(name);
      return number === undefined || plan.clockOnly.has(number)
        ? unplannedColumn(name)
        : asColumn(columns[number]);
    },
    attribute,
    get attributePaths() {
      paths ??= plan.attributePaths.filter((path) => attribute(path) !== undefined);
      return paths;
    },
    values: (row) => [...scalarsOf(eventAt(row))],
    attributeValue(row, path) {
      const column = attribute(path);
      const code = column?.codes[row];
      return code === undefined || code === 0 ? undefined : column?.dictionary.valueOf(code);
    },
    raw: rawAt,
    get files() {
      files ??= Array.from(rows.recordOf, (record) => at(records, record).headers['parapet-file']);
      return files;
    },
    get lines() {
      lines ??= Array.from(rows.recordOf, (record, row) =>
        fileLine(at(records, record).headers['parapet-line'], at(rows.places, row)),
      );
      return lines;
    },
  };
}

const noBytes = new Uint8Array(0);

function asColumn(column: OwnColumn | undefined): Column | undefined {
  if (column === undefined || 'dictionary' in column) return column;
  return { dictionary: column.spans, codes: column.codes };
}

/** The code that one field of a parsed event has. */
function readParsed(
  event: object,
  deps: {
    readonly tree: ReturnType<typeof createPathTree>;
    readonly shape: ShapePlan;
    readonly fields: ReturnType<typeof createRowFields>;
    readonly dictionaryOf: () => ReturnType<typeof createValueDictionary>;
  },
): number {
  const { shape, fields } = deps;
  const dictionary = deps.dictionaryOf();
  const values: Scalar[] = [];
  walkParsed(deps.tree, event, (node, value, place) => {
    values.push(value);
    shape.take(fields, node, {
      item: values.length - 1,
      isListed: place.isListed,
      isObject: place.isObject,
      partOf: (_, part) => {
        const taken = textPart(value, part);
        return taken === undefined ? 0 : dictionary.codeOf(taken);
      },
    });
  });
  if (fields.touchedCount === 0) return 0;
  const valueAt = (item: number) => (item < 0 ? dictionary.valueOf(-item) : at(values, item));
  const value = fields.isList(0)
    ? fields.listOf(0).map((item) => valueAt(item) as Scalar)
    : valueAt(fields.items[0] ?? 0);
  fields.clear();
  return dictionary.codeOf(value);
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
  const codes = pool.take(times.length);
  for (let row = 0; row < codes.length; row += 1) codes[row] = row + 1;
  return { dictionary, codes };
}

/** An element that is there by construction. */
function at<T>(list: ArrayLike<T>, index: number): T {
  const element = list[index];
  if (element === undefined) throw new RangeError(`Row ${index} is outside the batch.`);
  return element;
}
