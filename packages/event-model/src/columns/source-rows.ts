import type { ArrayMemory, CoreArray } from '../decode/core/array-memory.ts';
import type { TokenSource } from '../decode/json-token.ts';
import type { RawRecord } from '../decoder.ts';
import { createFieldSpans, type FieldSpans } from './field-spans.ts';

/** What is kept of each row beside its fields, in arrays that the core writes too. */
interface RowArrays {
  /** Which of the records, and what the positions of its values are positions in. */
  readonly recordOf: Uint32Array;
  readonly sourceOf: Uint32Array;
  /** What leads from a place in the source to that in the text window, as long as it shows the row's event. */
  readonly shifts: Uint32Array;
  /** Number of the event within its record. */
  readonly lines: Uint32Array;
  /** Lines of the record before the event (in an array, elements). */
  readonly places: Uint32Array;
  /** Where the event's bytes are in the buffer of its source. */
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
  readonly shapes: Uint32Array;
  /** 0 for an event whose strings have no escape that JSON does not demand, see `EventBatch.lookAtJson`. */
  readonly coded: Uint32Array;
  /** 0 for an event whose numbers have no exponent. */
  readonly exponents: Uint32Array;
  readonly times: Float64Array;
  readonly receivedTimes: Float64Array;
  /** What event ids are made of: never the clock of this process, so that a replay makes the same ids. */
  readonly idTimes: Float64Array;
}

/** The rows of one source in one batch, as they are collected. */
export interface SourceRows extends RowArrays {
  readonly length: number;
  readonly records: readonly RawRecord[];
  readonly sources: readonly TokenSource[];
  readonly fields: FieldSpans;
  /** Where the core finds the rows, see `assembly/rows.ts`. */
  readonly head: Int32Array;
  /** Empties the rows and begins a batch of these records. Memory is used again: what was made of it is no longer valid. */
  begin(records: readonly RawRecord[], sources: readonly TokenSource[]): void;
  /** Adds the event whose fields were put. */
  add(at: RowPlace): void;
  /** Makes room for more rows. */
  grow(): void;
}

/** What a row says of its event beside the fields. */
export interface RowPlace {
  record: number;
  source: number;
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
/** The numbers of a head: how many rows there are and may be, the name, and then where each array stands, in this order. */
const headLength = 0;
const headCapacity = 1;
const headName = 2;
const headArrays = 3;
const arrayNames = [
  'recordOf',
  'sourceOf',
  'shifts',
  'lines',
  'places',
  'starts',
  'ends',
  'shapes',
  'coded',
  'exponents',
  'times',
  'receivedTimes',
  'idTimes',
] as const satisfies readonly (keyof RowArrays)[];

/** How many rows there are; a class, as in `value-dictionary.ts`. */
class RowsHead {
  readonly head: Int32Array;

  constructor(head: Int32Array) {
    this.head = head;
  }

  get length(): number {
    return this.head[headLength] as number;
  }
}

/** @param name by which the core asks for columns and for more room */
export function createSourceRows(fieldCount: number, memory: ArrayMemory, name: number): SourceRows {
  const fields = createFieldSpans(fieldCount, memory, name);
  const head = memory.ints(headArrays + arrayNames.length);
  let arrays = arraysOf(firstRows, memory);
  const describe = (capacity: number): void => {
    head[headCapacity] = capacity;
    for (const [index, key] of arrayNames.entries()) head[headArrays + index] = arrays[key].byteOffset;
  };
  head[headName] = name;
  describe(firstRows);

  const rows = Object.assign(new RowsHead(head), {
    ...arrays,
    records: [] as readonly RawRecord[],
    sources: [] as readonly TokenSource[],
    fields,
    begin(ofRecords: readonly RawRecord[], ofSources: readonly TokenSource[]): void {
      // One row more: a call that failed may have left it half done.
      fields.clear(rows.length + 1);
      head[headLength] = 0;
      fields.nextRow(0);
      rows.records = ofRecords;
      rows.sources = ofSources;
    },
    add(at: RowPlace): void {
      const row = rows.length;
      arrays.recordOf[row] = at.record;
      arrays.sourceOf[row] = at.source;
      arrays.shifts[row] = at.shift;
      arrays.lines[row] = at.line;
      arrays.places[row] = at.place;
      arrays.starts[row] = at.start;
      arrays.ends[row] = at.end;
      arrays.shapes[row] = at.shape;
      arrays.coded[row] = at.coded ? 1 : 0;
      arrays.exponents[row] = at.exponent ? 1 : 0;
      arrays.times[row] = at.time;
      arrays.receivedTimes[row] = at.receivedTime;
      arrays.idTimes[row] = at.idTime;
      head[headLength] = row + 1;
      // There is always room for the next one: its fields are put before it is known to be kept.
      if (row + 1 === head[headCapacity]) rows.grow();
      fields.nextRow(row + 1);
    },
    grow(): void {
      const capacity = (head[headCapacity] as number) * 2;
      const larger = arraysOf(capacity, memory);
      for (const key of arrayNames) {
        memory.copy(arrays[key], larger[key]);
        memory.release(arrays[key]);
      }
      arrays = larger;
      Object.assign(rows, larger);
      fields.reserve(capacity);
      describe(capacity);
    },
  });
  return rows;
}

function arraysOf(
  rows: number,
  memory: ArrayMemory,
): RowArrays & Readonly<Record<keyof RowArrays, CoreArray>> {
  return {
    recordOf: memory.words(rows),
    sourceOf: memory.words(rows),
    shifts: memory.words(rows),
    lines: memory.words(rows),
    places: memory.words(rows),
    starts: memory.words(rows),
    ends: memory.words(rows),
    shapes: memory.words(rows),
    coded: memory.words(rows),
    exponents: memory.words(rows),
    times: memory.doubles(rows),
    receivedTimes: memory.doubles(rows),
    idTimes: memory.doubles(rows),
  };
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
