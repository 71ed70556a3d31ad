import type { ArrayMemory } from '../decode/core/array-memory.ts';
import type { TokenSource } from '../decode/json-token.ts';
import type { RawRecord } from '../decoder.ts';
import { createFieldSpans, type FieldSpans } from './field-spans.ts';

/** The rows of one source in one batch, as they are collected. */
export interface SourceRows {
  readonly memory: ArrayMemory;
  length: number;
  /** The records that rows come from, and for each row which. */
  records: RawRecord[];
  recordOf: Uint32Array;
  /** What the positions of values are positions in, and for each row which. */
  sources: TokenSource[];
  sourceOf: Uint32Array;
  /** What leads from a place in the source to that in the text window, as long as it shows the row's event. */
  shifts: Uint32Array;
  /** Number of the event within its record. */
  lines: Uint32Array;
  /** Lines of the record before the event (in an array, elements). */
  places: Uint32Array;
  /** Where the event's bytes are in the record's value. */
  starts: Uint32Array;
  ends: Uint32Array;
  shapes: Uint16Array;
  /** 0 for an event whose strings have no escape in hexadecimal digits. */
  coded: Uint8Array;
  /** 0 for an event whose numbers have no exponent. */
  exponents: Uint8Array;
  times: Float64Array;
  receivedTimes: Float64Array;
  /** What event ids are made of: never the clock of this process, so that a replay makes the same ids. */
  idTimes: Float64Array;
  readonly fields: FieldSpans;
}

/** What a row says of its event beside the fields. */
export interface RowPlace {
  line: number;
  place: number;
  start: number;
  end: number;
  shift: number;
  shape: number;
  coded: boolean;
  exponent: boolean;
  time: number;
  receivedTime: number;
  idTime: number;
}

const firstRows = 256;

/** @param name by which the core asks for columns */
export function createSourceRows(fields: number, memory: ArrayMemory, name: number): SourceRows {
  return {
    memory,
    length: 0,
    records: [],
    recordOf: new Uint32Array(firstRows),
    sources: [],
    sourceOf: new Uint32Array(firstRows),
    shifts: memory.words(firstRows),
    lines: new Uint32Array(firstRows),
    places: new Uint32Array(firstRows),
    starts: new Uint32Array(firstRows),
    ends: new Uint32Array(firstRows),
    shapes: new Uint16Array(firstRows),
    coded: new Uint8Array(firstRows),
    exponents: new Uint8Array(firstRows),
    times: new Float64Array(firstRows),
    receivedTimes: new Float64Array(firstRows),
    idTimes: new Float64Array(firstRows),
    fields: createFieldSpans(fields, memory, name),
  };
}

/** Empties the rows. Their memory is used again: what was made of them is no longer valid. */
export function clearRows(rows: SourceRows): void {
  // One row more: a call that failed may have left it half done.
  rows.fields.clear(rows.length + 1);
  rows.records = [];
  rows.sources = [];
  rows.length = 0;
  rows.fields.nextRow(0);
}

/** Adds the event whose fields were put as a row. */
export function addRow(rows: SourceRows, record: RawRecord, source: TokenSource, at: RowPlace): void {
  const row = rows.length;
  const { records, sources } = rows;
  if (records[records.length - 1] !== record) records.push(record);
  if (sources[sources.length - 1] !== source) sources.push(source);
  rows.recordOf[row] = records.length - 1;
  rows.sourceOf[row] = sources.length - 1;
  rows.shifts[row] = at.shift;
  rows.lines[row] = at.line;
  rows.places[row] = at.place;
  rows.starts[row] = at.start;
  rows.ends[row] = at.end;
  rows.shapes[row] = at.shape;
  rows.coded[row] = at.coded ? 1 : 0;
  rows.exponents[row] = at.exponent ? 1 : 0;
  rows.times[row] = at.time;
  rows.receivedTimes[row] = at.receivedTime;
  rows.idTimes[row] = at.idTime;
  rows.length = row + 1;
  // There is always room for the next one: the core puts its fields before it is known to be kept.
  if (rows.length === rows.lines.length) growRows(rows);
  rows.fields.nextRow(row + 1);
}

function growRows(rows: SourceRows): void {
  const size = rows.lines.length * 2;
  rows.recordOf = grown(rows.recordOf, new Uint32Array(size));
  rows.sourceOf = grown(rows.sourceOf, new Uint32Array(size));
  const shifts = rows.memory.words(size);
  rows.memory.copy(rows.shifts, shifts);
  rows.memory.release(rows.shifts);
  rows.shifts = shifts;
  rows.fields.reserve(size);
  rows.lines = grown(rows.lines, new Uint32Array(size));
  rows.places = grown(rows.places, new Uint32Array(size));
  rows.starts = grown(rows.starts, new Uint32Array(size));
  rows.ends = grown(rows.ends, new Uint32Array(size));
  rows.shapes = grown(rows.shapes, new Uint16Array(size));
  rows.coded = grown(rows.coded, new Uint8Array(size));
  rows.exponents = grown(rows.exponents, new Uint8Array(size));
  rows.times = grown(rows.times, new Float64Array(size));
  rows.receivedTimes = grown(rows.receivedTimes, new Float64Array(size));
  rows.idTimes = grown(rows.idTimes, new Float64Array(size));
}

/** The rows of a kind that has none. */
export const noRows = new Uint32Array(0);

/** The rows of each kind, by kind, `noRows` for most; the numbers of one kind's rows rise. */
export function rowsByKind(kinds: Uint16Array, count: number): readonly Uint32Array[] {
  const sizes = new Uint32Array(count);
  for (let row = 0; row < kinds.length; row += 1) {
    const kind = kinds[row] as number;
    sizes[kind] = (sizes[kind] as number) + 1;
  }
  const all = new Uint32Array(kinds.length);
  const next = new Uint32Array(count);
  const lists: Uint32Array[] = [];
  let start = 0;
  for (let kind = 0; kind < count; kind += 1) {
    const size = sizes[kind] as number;
    next[kind] = start;
    lists.push(size === 0 ? noRows : all.subarray(start, start + size));
    start += size;
  }
  for (let row = 0; row < kinds.length; row += 1) {
    const kind = kinds[row] as number;
    all[next[kind] as number] = row;
    next[kind] = (next[kind] as number) + 1;
  }
  return lists;
}

function grown<T extends Uint32Array | Uint16Array | Uint8Array | Float64Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
