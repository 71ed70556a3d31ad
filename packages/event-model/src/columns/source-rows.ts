import type { RawRecord } from '../decoder.ts';
import { clearSpans, growSpans, type Spans } from './span-column.ts';

/** The rows of one source in one batch, as they are collected. Codes of one field lie beside each other. */
export interface SourceRows {
  length: number;
  /** The records that rows come from, and for each row which. */
  records: RawRecord[];
  recordOf: Uint32Array;
  /** Number of the event within its record. */
  lines: Uint32Array;
  /** Lines of the record before the event (in an array, elements). */
  places: Uint32Array;
  /** Where the event's bytes are in the record's value. */
  starts: Uint32Array;
  ends: Uint32Array;
  shapes: Uint16Array;
  kinds: Uint16Array;
  times: Float64Array;
  receivedTimes: Float64Array;
  /** What event ids are made of: never the clock of this process, so that a replay makes the same ids. */
  idTimes: Float64Array;
  /** By field number; undefined where no row has the field. Shorter than the rows where the last rows lack it. */
  readonly codes: (Uint32Array | undefined)[];
  /** By field number, of the fields that have no codes: see `SourceTable.spanned`. */
  readonly spans: (Spans | undefined)[];
  /** By field number: 1 where some row has the field. */
  readonly present: Uint8Array;
}

const firstRows = 256;

export function createSourceRows(fields: number): SourceRows {
  return {
    length: 0,
    records: [],
    recordOf: new Uint32Array(firstRows),
    lines: new Uint32Array(firstRows),
    places: new Uint32Array(firstRows),
    starts: new Uint32Array(firstRows),
    ends: new Uint32Array(firstRows),
    shapes: new Uint16Array(firstRows),
    kinds: new Uint16Array(firstRows),
    times: new Float64Array(firstRows),
    receivedTimes: new Float64Array(firstRows),
    idTimes: new Float64Array(firstRows),
    codes: [],
    spans: [],
    present: new Uint8Array(fields),
  };
}

/** Empties the rows. Their memory is used again: what was made of them is no longer valid. */
export function clearRows(rows: SourceRows): void {
  for (const [field, isThere] of rows.present.entries()) {
    if (isThere === 0) continue;
    // One row more: a call that failed may have left it half done.
    rows.codes[field]?.fill(0, 0, rows.length + 1);
    const spans = rows.spans[field];
    if (spans !== undefined) clearSpans(spans, rows.length + 1);
  }
  rows.present.fill(0);
  rows.records = [];
  rows.length = 0;
}

/** Makes room for one more row. */
export function reserveRow(rows: SourceRows): void {
  if (rows.length < rows.lines.length) return;
  const size = rows.lines.length * 2;
  rows.recordOf = grown(rows.recordOf, new Uint32Array(size));
  rows.lines = grown(rows.lines, new Uint32Array(size));
  rows.places = grown(rows.places, new Uint32Array(size));
  rows.starts = grown(rows.starts, new Uint32Array(size));
  rows.ends = grown(rows.ends, new Uint32Array(size));
  rows.shapes = grown(rows.shapes, new Uint16Array(size));
  rows.kinds = grown(rows.kinds, new Uint16Array(size));
  rows.times = grown(rows.times, new Float64Array(size));
  rows.receivedTimes = grown(rows.receivedTimes, new Float64Array(size));
  rows.idTimes = grown(rows.idTimes, new Float64Array(size));
}

export function setCode(rows: SourceRows, field: number, code: number): void {
  const row = rows.length;
  let codes = rows.codes[field];
  if (codes === undefined || row >= codes.length) {
    codes = grown(codes ?? new Uint32Array(0), new Uint32Array(Math.max(firstRows, 2 * row)));
    rows.codes[field] = codes;
  }
  codes[row] = code;
  rows.present[field] = 1;
}

/** Everything cut to the rows there are. */
export function finishRows(rows: SourceRows): SourceRows {
  const { length, present } = rows;
  const codes: (Uint32Array | undefined)[] = [];
  const spans: (Spans | undefined)[] = [];
  for (let field = 0; field < present.length; field += 1) {
    if (present[field] === 0) continue;
    const column = rows.codes[field];
    if (column !== undefined) {
      if (column.length < length) rows.codes[field] = grown(column, new Uint32Array(length));
      codes[field] = (rows.codes[field] as Uint32Array).subarray(0, length);
    }
    const places = rows.spans[field];
    if (places !== undefined) {
      if (places.kinds.length < length) growSpans(places, length);
      spans[field] = places;
    }
  }
  return {
    length,
    records: rows.records,
    recordOf: rows.recordOf.subarray(0, length),
    lines: rows.lines.subarray(0, length),
    places: rows.places.subarray(0, length),
    starts: rows.starts.subarray(0, length),
    ends: rows.ends.subarray(0, length),
    shapes: rows.shapes.subarray(0, length),
    kinds: rows.kinds.subarray(0, length),
    times: rows.times.subarray(0, length),
    receivedTimes: rows.receivedTimes.subarray(0, length),
    idTimes: rows.idTimes.subarray(0, length),
    codes,
    spans,
    present,
  };
}

/** The rows of each kind, by kind; the numbers of one kind's rows rise. */
export function rowsByKind(kinds: Uint16Array, count: number): readonly Uint32Array[] {
  const sizes = new Uint32Array(count);
  for (let row = 0; row < kinds.length; row += 1)
    sizes[kinds[row] as number] = (sizes[kinds[row] as number] as number) + 1;
  const all = new Uint32Array(kinds.length);
  const next = new Uint32Array(count);
  const lists: Uint32Array[] = [];
  let start = 0;
  for (let kind = 0; kind < count; kind += 1) {
    next[kind] = start;
    lists.push(all.subarray(start, start + (sizes[kind] as number)));
    start += sizes[kind] as number;
  }
  for (let row = 0; row < kinds.length; row += 1) {
    const kind = kinds[row] as number;
    all[next[kind] as number] = row;
    next[kind] = (next[kind] as number) + 1;
  }
  return lists;
}

function grown<T extends Uint32Array | Uint16Array | Float64Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
