import type { Spans } from './field-spans.ts';
import type { SourceRows } from './source-rows.ts';
import type { ValueDictionary } from './value-dictionary.ts';

/**
 * The codes of fields whose values are looked up while the events are read, some events at a time: their bytes are then still in the
 * core's cache, from which the next field's pass over a whole batch would have driven them. Fields are looked up early that were
 * asked for in the batch before.
 */
export interface EarlyCodes {
  /** Looks up the rows that were added, once there are enough of them. */
  advance(rows: SourceRows): void;
  /** The codes of a field by row, from its dictionary. From the next batch on the field is looked up early. */
  codesOf(field: number, spans: Spans, rows: SourceRows): Uint32Array;
  /** Begins the next batch; the memory of the last one's codes is used again. */
  begin(): void;
}

interface EarlyField {
  readonly field: number;
  codes: Uint32Array;
  /** Rows that have their code. */
  done: number;
  isAsked: boolean;
  /** Batches since somebody asked for it. */
  unasked: number;
}

/** With 350 bytes an event these are less than 128 KB, which leaves room in a cache of 512 KB. */
const rowsAtOnce = 256;
/** Batches in which nobody asks for a field after which it is no longer looked up early. */
const patience = 8;
const firstRows = 1_024;

/** @param dictionaryOf the dictionary of a field, the same throughout a batch; undefined for one that is not looked up now */
export function createEarlyCodes(dictionaryOf: (field: number) => ValueDictionary | undefined): EarlyCodes {
  const byField: (EarlyField | undefined)[] = [];
  let early: EarlyField[] = [];
  let done = 0;

  const lookUp = (known: EarlyField, spans: Spans | undefined, rows: SourceRows): void => {
    const { length } = rows;
    if (known.codes.length < length) {
      const codes = new Uint32Array(Math.max(length, known.codes.length * 2, firstRows));
      codes.set(known.codes.subarray(0, known.done));
      known.codes = codes;
    }
    const dictionary = spans === undefined ? undefined : dictionaryOf(known.field);
    if (spans === undefined || dictionary === undefined) known.codes.fill(0, known.done, length);
    else dictionary.lookUp(spans, rows, known.done, known.codes);
    known.done = length;
  };
  const earlyField = (field: number): EarlyField => {
    let known = byField[field];
    if (known === undefined) {
      known = { field, codes: new Uint32Array(0), done: 0, isAsked: false, unasked: 0 };
      byField[field] = known;
    }
    return known;
  };

  return {
    advance(rows) {
      if (rows.length - done < rowsAtOnce) return;
      done = rows.length;
      for (const known of early) lookUp(known, rows.fields.columns[known.field], rows);
    },
    codesOf(field, spans, rows) {
      const known = earlyField(field);
      known.isAsked = true;
      lookUp(known, spans, rows);
      return known.codes.subarray(0, rows.length);
    },
    begin() {
      done = 0;
      const next: EarlyField[] = [];
      for (const known of byField) {
        if (known === undefined) continue;
        known.unasked = known.isAsked ? 0 : known.unasked + 1;
        known.done = 0;
        known.isAsked = false;
        if (known.unasked < patience && dictionaryOf(known.field) !== undefined) next.push(known);
      }
      early = next;
    },
  };
}
