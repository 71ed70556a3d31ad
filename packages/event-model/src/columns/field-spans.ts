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
  /** Begins the next event; its row has this number. */
  begin(row: number): void;
  put(field: number, rank: number, kind: number, start: number, end: number): void;
  putValue(field: number, rank: number, value: Scalar, isListed: boolean): void;
  /** Whether the event that was begun has a value of the field. */
  has(field: number): boolean;
  /** Takes back what was put for the event that was begun. */
  drop(): void;
  /** Forgets all rows, of which there were so many. Memory is kept and used again. */
  clear(rows: number): void;
}

const firstRows = 256;
/** More than any rank; `inList` is half of it. */
const ranks = 512;
const inList = 256;

export function createFieldSpans(fields: number): FieldSpans {
  const all: (Spans | undefined)[] = Array(fields).fill(undefined);
  const columns: (Spans | undefined)[] = Array(fields).fill(undefined);
  /**
   * By field what was put last: the number of the event times `ranks`, plus the rank, plus `inList` where it stood in a list. In one
   * number, since this is written for each value.
   */
  const latest = new Float64Array(fields);
  /** `event` is the number of the event that was begun, times `ranks`. */
  let event = 0;
  let current = 0;

  const columnOf = (field: number): Spans => {
    let spans = all[field];
    if (spans === undefined) {
      spans = { words: new Uint32Array(2 * firstRows), values: [] };
      all[field] = spans;
    }
    columns[field] = spans;
    return spans;
  };
  const write = (field: number, start: number, tag: number): void => {
    const spans = columns[field] ?? columnOf(field);
    const at = current * 2;
    if (at >= spans.words.length) growSpans(spans, Math.max(current + 1, spans.words.length));
    spans.words[at] = start;
    spans.words[at + 1] = tag;
  };
  return {
    columns,
    begin(row) {
      event += ranks;
      current = row;
    },
    put(field, rank, kind, start, end) {
      const known = latest[field] as number;
      if (known >= event && rank > (known & 255)) return;
      latest[field] = event + rank;
      write(field, start, (end - start) * 16 + kind);
    },
    putValue(field, rank, value, isListed) {
      const known = latest[field] as number;
      if (known >= event) {
        if (rank > (known & 255)) return;
        if (isListed && known === event + rank + inList) {
          const { values, words } = columns[field] as Spans;
          (values[words[current * 2] as number] as Scalar[]).push(value);
          return;
        }
      }
      latest[field] = event + rank + (isListed ? inList : 0);
      const spans = columns[field] ?? columnOf(field);
      write(field, spans.values.push(isListed ? [value] : value) - 1, valueKind);
    },
    has: (field) => (latest[field] as number) >= event,
    drop() {
      for (let field = 0; field < fields; field += 1) {
        if ((latest[field] as number) < event) continue;
        (columns[field] as Spans).words[current * 2 + 1] = 0;
        latest[field] = 0;
      }
    },
    clear(rows) {
      for (const [field, spans] of columns.entries()) {
        if (spans === undefined) continue;
        spans.words.fill(0, 0, Math.min(2 * rows, spans.words.length));
        spans.values = [];
        columns[field] = undefined;
      }
    },
  };
}

/** Makes room for so many rows. */
export function growSpans(spans: Spans, rows: number): void {
  const words = new Uint32Array(2 * rows);
  words.set(spans.words);
  spans.words = words;
}
