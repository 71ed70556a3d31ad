import { type ArrayMemory, heapMemory } from '../decode/core/array-memory.ts';
import type { FieldValue, Scalar } from '../field-value.ts';

/** One field of a batch: where each row's value stands. */
export interface Spans {
  /**
   * Two numbers a row, beside each other: where the token starts in the source of the row's bytes, and its tag (length * 16 +
   * kind of `tokenKinds`). The tag is 0 where the row lacks the field; it is `valueKind` for a value in `values`, whose index
   * the other number then is.
   */
  words: Uint32Array;
  /** Values that stand nowhere as one token: lists, parts of texts, and what was read from a parsed event. */
  values: FieldValue[];
}

export const valueKind = 15;

/**
 * The values of all fields of a source's rows, as they are found, event by event. Where several paths lead to a field, the one
 * of the lowest rank counts; within a rank the last value, or all of them where they stand in lists.
 */
export interface FieldSpans {
  /** By field; undefined where no row has the field. */
  readonly columns: (Spans | undefined)[];
  /** Where the core finds the columns: what `assembly/sink.ts` calls a sink. */
  readonly sink: Int32Array;
  /** Tells the core where the rows are, and in which fields it finds their times. */
  describe(rows: Int32Array, clocks: Uint32Array): void;
  /** The row of the event that is put next. There has to be room for it, see `reserve`. */
  nextRow(row: number): void;
  /** Makes room for so many rows. */
  reserve(rows: number): void;
  /** Begins the next event. */
  begin(): void;
  /** Makes the column of a field that no row has so far. */
  open(field: number): void;
  put(field: number, rank: number, kind: number, start: number, end: number): void;
  putValue(field: number, rank: number, value: Scalar, isListed: boolean): void;
  /** Whether the event that was begun has a value of the field. */
  has(field: number): boolean;
  /** A number for the event that was begun; it grows from event to event. */
  eventNumber(): number;
  /** Whether an event after that number had a value of the field. */
  hasSince(field: number, eventNumber: number): boolean;
  /** Takes back what was put for the event that was begun. */
  drop(): void;
  /** Forgets all rows, of which there were so many. Memory is kept and used again. */
  clear(rows: number): void;
}

const firstRows = 256;
/** More than any rank; `inList` is half of it. `assembly/sink.ts` counts events in the same way. */
const ranks = 512;
const inList = 256;

/** The numbers of a sink, in their order: see `assembly/sink.ts`. */
const sinkColumns = 0;
const sinkLatest = 1;
const sinkRow = 2;
const sinkName = 3;
const sinkEvent = 4;
const sinkRows = 6;
const sinkClocks = 7;
const sinkClockCount = 8;
const sinkLength = 9;

/** @param name by which the core asks for a column (see `CoreHost.openColumn`) */
export function createFieldSpans(fields: number, memory: ArrayMemory = heapMemory, name = 0): FieldSpans {
  const all: (Spans | undefined)[] = Array(fields).fill(undefined);
  const columns: (Spans | undefined)[] = Array(fields).fill(undefined);
  /** By field where the words of its column stand; 0 where no row has the field. */
  const places = memory.words(fields);
  /**
   * By field what was put last: the number of the event times `ranks`, plus the rank, plus `inList` where it stood in a list. In one
   * number, since this is written for each value.
   */
  const latest = memory.doubles(fields);
  const sink = memory.ints(sinkLength);
  /** The number of the event that was begun, times `ranks`. */
  const event = new Float64Array(sink.buffer, sink.byteOffset + sinkEvent * 4, 1);
  sink[sinkColumns] = places.byteOffset;
  sink[sinkLatest] = latest.byteOffset;
  sink[sinkName] = name;
  let capacity = firstRows;

  const open = (field: number): Spans => {
    let spans = all[field];
    if (spans === undefined) {
      spans = { words: memory.words(2 * capacity), values: [] };
      all[field] = spans;
    }
    columns[field] = spans;
    places[field] = spans.words.byteOffset;
    return spans;
  };
  const write = (field: number, start: number, tag: number): void => {
    const { words } = columns[field] ?? open(field);
    const at = (sink[sinkRow] as number) * 2;
    words[at] = start;
    words[at + 1] = tag;
  };
  return {
    columns,
    sink,
    describe(rows, clocks) {
      sink[sinkRows] = rows.byteOffset;
      sink[sinkClocks] = clocks.byteOffset;
      sink[sinkClockCount] = clocks.length / 2;
    },
    nextRow(row) {
      sink[sinkRow] = row;
    },
    reserve(rows) {
      if (rows <= capacity) return;
      while (capacity < rows) capacity *= 2;
      for (const [field, spans] of all.entries()) {
        if (spans === undefined) continue;
        const words = memory.words(2 * capacity);
        memory.copy(spans.words, words);
        memory.release(spans.words);
        spans.words = words;
        if (columns[field] !== undefined) places[field] = words.byteOffset;
      }
    },
    begin() {
      event[0] = (event[0] as number) + ranks;
    },
    open,
    put(field, rank, kind, start, end) {
      const known = latest[field] as number;
      const current = event[0] as number;
      if (known >= current && rank > (known & 255)) return;
      latest[field] = current + rank;
      write(field, start, (end - start) * 16 + kind);
    },
    putValue(field, rank, value, isListed) {
      const known = latest[field] as number;
      const current = event[0] as number;
      if (known >= current) {
        if (rank > (known & 255)) return;
        if (isListed && known === current + rank + inList) {
          const { values, words } = columns[field] as Spans;
          (values[words[(sink[sinkRow] as number) * 2] as number] as Scalar[]).push(value);
          return;
        }
      }
      latest[field] = current + rank + (isListed ? inList : 0);
      const spans = columns[field] ?? open(field);
      write(field, spans.values.push(isListed ? [value] : value) - 1, valueKind);
    },
    has: (field) => (latest[field] as number) >= (event[0] as number),
    eventNumber: () => event[0] as number,
    hasSince: (field, eventNumber) => (latest[field] as number) >= eventNumber + ranks,
    drop() {
      for (let field = 0; field < fields; field += 1) {
        if ((latest[field] as number) < (event[0] as number)) continue;
        (columns[field] as Spans).words[(sink[sinkRow] as number) * 2 + 1] = 0;
        // As if an event before had put it, which one may have: `hasSince` must not forget that.
        latest[field] = (event[0] as number) - ranks;
      }
    },
    clear(rows) {
      for (const [field, spans] of columns.entries()) {
        if (spans === undefined) continue;
        memory.clear(spans.words, 0, Math.min(2 * rows, spans.words.length));
        if (spans.values.length > 0) spans.values = [];
        columns[field] = undefined;
        places[field] = 0;
      }
    },
  };
}
