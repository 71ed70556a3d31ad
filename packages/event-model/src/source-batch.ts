import type { Column, EventBatch } from './event-batch.ts';
import { eventId, topicTag } from './event-id.ts';
import { createFieldTrie, createRowValues } from './field-trie.ts';
import type { FieldValue } from './field-value.ts';
import { parseEvent, scalarsOf } from './parse-event.ts';
import type { PlannedKind, PlannedSource, ProfilePlan } from './profile-plan.ts';
import type { AttributeGeneration, SourceRows, SourceTable } from './source-table.ts';
import { createValueDictionary, type ValueDictionary } from './value-dictionary.ts';

/** The collected rows of one source as an `EventBatch`. Attribute columns are made when they are first asked for. */
export function createSourceBatch(table: SourceTable, rows: SourceRows): EventBatch {
  const { plan } = table;
  const { length } = rows;
  const tags = new Map<string, string>();
  const attributes = new Map<string, Column | undefined>();
  const unplanned = new Map<string, Column | undefined>();
  // The dictionaries of this batch: a later generation must not change what its codes mean.
  const dictionaries = rows.codes.map((codes, field) =>
    codes === undefined ? undefined : table.dictionary(field),
  );
  const generation = table.attributes;
  const times = Float64Array.from(rows.times);
  let paths: readonly string[] | undefined;
  let parsedRow = -1;
  let parsed: object | undefined;

  const eventAt = (row: number): object => {
    if (row !== parsedRow || parsed === undefined) {
      parsed = parseEvent(rawAt(row)).event ?? {};
      parsedRow = row;
    }
    return parsed;
  };
  const rawAt = (row: number): Uint8Array => {
    const { value } = at(rows.records, row);
    return value === null ? new Uint8Array() : value.subarray(at(rows.starts, row), at(rows.ends, row));
  };
  const fieldColumn = (field: number): Column | undefined => {
    const codes = rows.codes[field];
    const dictionary = dictionaries[field];
    return codes === undefined || dictionary === undefined ? undefined : { dictionary, codes };
  };
  const attribute = (path: string): Column | undefined => {
    if (!attributes.has(path)) {
      attributes.set(
        path,
        path === 'time' ? timeColumn(times) : attributeColumn(generation, { plan, rows, path, fieldColumn }),
      );
    }
    return attributes.get(path);
  };
  /** A field that nobody said would be read: slow, but right. */
  const unplannedColumn = (name: string): Column | undefined => {
    if (unplanned.has(name)) return unplanned.get(name);
    const tries = plan.profile.shapes.map((shape) => createFieldTrie(shape, [name]));
    const values = createRowValues(1);
    const dictionary = createValueDictionary();
    const codes = new Uint32Array(length);
    for (let row = 0; row < length; row += 1) {
      tries[at(rows.shapes, row)]?.read(eventAt(row), values);
      const value = values.valueOf(0);
      if (value !== undefined) codes[row] = dictionary.codeOf(value);
      values.clear();
    }
    const column = dictionary.size > 1 ? { dictionary, codes } : undefined;
    unplanned.set(name, column);
    return column;
  };

  return {
    source: plan.profile.id,
    length,
    times,
    receivedTimes: Float64Array.from(rows.receivedTimes),
    routes: Uint16Array.from(rows.kinds),
    logSources: plan.kinds.map((kind) => kind.logSources),
    origin(row) {
      const { topicId, partition, offset } = at(rows.records, row);
      return { topicId, partition, offset, line: at(rows.lines, row) };
    },
    id(row) {
      const { topicId, partition, offset } = at(rows.records, row);
      let tag = tags.get(topicId);
      if (tag === undefined) {
        tag = topicTag(topicId);
        tags.set(topicId, tag);
      }
      return eventId(at(rows.idTimes, row), tag, { partition, offset, line: at(rows.lines, row) });
    },
    field(name) {
      const number = plan.fieldNumbers.get(name);
      return number === undefined || plan.clockOnly.has(number) ? unplannedColumn(name) : fieldColumn(number);
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
    files: rows.records.map((record) => record.headers['parapet-file']),
    lines: rows.fileLines,
  };
}

interface AttributeRequest {
  readonly plan: ProfilePlan;
  readonly rows: SourceRows;
  readonly path: string;
  readonly fieldColumn: (field: number) => Column | undefined;
}

/** Maps the codes of fields to codes of the attribute, each distinct value once. */
function attributeColumn(
  generation: AttributeGeneration,
  { plan, rows, path, fieldColumn }: AttributeRequest,
): Column | undefined {
  const dictionary = generation.dictionary(path);
  const codes = new Uint32Array(rows.length);
  const readers = new Map<PlannedKind, readonly ((row: number) => number)[]>();
  const read = (source: PlannedSource): ((row: number) => number) | undefined => {
    if (source.kind === 'constant') {
      const code = dictionary.codeOf(source.value);
      return () => code;
    }
    if (source.kind === 'joined') {
      const columns = source.fields.map(fieldColumn).filter((column) => column !== undefined);
      return (row) => joinedCode(columns, row, dictionary);
    }
    const column = fieldColumn(source.field);
    if (column === undefined) return undefined;
    const mapped = generation.mappedCodes(source);
    return (row) => {
      const from = column.codes[row] ?? 0;
      if (from === 0) return 0;
      let to = mapped[from] ?? 0;
      if (to === 0) {
        const value: FieldValue | undefined = source.map(column.dictionary.valueOf(from));
        to = value === undefined || value === null ? 1 : dictionary.codeOf(value) + 1;
        mapped[from] = to;
      }
      return to - 1;
    };
  };
  let isThere = false;
  for (let row = 0; row < rows.length; row += 1) {
    const kind = at(plan.kinds, at(rows.kinds, row));
    let sources = readers.get(kind);
    if (sources === undefined) {
      sources = (kind.attributes.get(path) ?? []).map(read).filter((reader) => reader !== undefined);
      readers.set(kind, sources);
    }
    for (const source of sources) {
      const code = source(row);
      if (code === 0) continue;
      codes[row] = code;
      isThere = true;
      break;
    }
  }
  return isThere ? { dictionary, codes } : undefined;
}

function joinedCode(columns: readonly Column[], row: number, dictionary: ValueDictionary): number {
  const words: string[] = [];
  for (const { codes, dictionary: values } of columns) {
    const code = codes[row] ?? 0;
    if (code !== 0) words.push(String(values.valueOf(code)));
  }
  return words.length === 0 ? 0 : dictionary.codeOf(words.join(' '));
}

function timeColumn(times: Float64Array): Column | undefined {
  const dictionary = createValueDictionary();
  const codes = Uint32Array.from(times, (time) => dictionary.codeOf(time));
  return times.length > 0 ? { dictionary, codes } : undefined;
}

/** An element that is there by construction. */
function at<T>(list: readonly T[], index: number): T {
  const element = list[index];
  if (element === undefined) throw new RangeError(`Row ${index} is outside the batch.`);
  return element;
}
