import type { DecodeCore } from '../decode/core/decode-core.ts';
import type { Spans } from './field-spans.ts';
import type { SourceRows } from './source-rows.ts';
import type { ValueDictionary } from './value-dictionary.ts';

/**
 * The codes of fields whose values are looked up while their events are in the text window: their bytes are then still in the processor's
 * cache, from which the next field's pass over a whole batch would have driven them. Fields are looked up early that were asked for in
 * the batch before.
 */
export interface EarlyCodes {
  /** Looks up the rows that were added; their bytes have to be in the text window. */
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
  /** Rows after those that are known to lack the field, up to this one. */
  absentTo: number;
  isAsked: boolean;
  /** Batches since somebody asked for it. */
  unasked: number;
}

/** Batches in which nobody asks for a field after which it is no longer looked up early. */
const patience = 8;
const firstRows = 1_024;

/** @param dictionaryOf the dictionary of a field, the same throughout a batch; undefined for one that is not looked up now */
export function createEarlyCodes(
  core: DecodeCore,
  dictionaryOf: (field: number) => ValueDictionary | undefined,
): EarlyCodes {
  const { memory } = core;
  const byField: (EarlyField | undefined)[] = [];
  let early: EarlyField[] = [];
  /** Number of the last event whose fields were looked up. */
  let lastEvent = 0;
  let rowsBefore = 0;

  const lookUp = (known: EarlyField, spans: Spans | undefined, rows: SourceRows, isNear: boolean): void => {
    const { length } = rows;
    if (known.done === length) return;
    if (known.codes.length < length) {
      const codes = memory.words(2 ** Math.ceil(Math.log2(Math.max(length, firstRows))));
      if (known.codes.length > 0) {
        memory.copy(known.codes, codes);
        memory.release(known.codes);
      }
      known.codes = codes;
    }
    const dictionary = spans === undefined ? undefined : dictionaryOf(known.field);
    const from =
      spans === undefined || dictionary === undefined ? length : Math.max(known.done, known.absentTo);
    memory.clear(known.codes, known.done, from);
    known.done = length;
    if (spans === undefined || dictionary === undefined || from === length) return;
    if (isNear) dictionary.lookUpNear(core, spans, rows, from, known.codes);
    else dictionary.lookUp(spans, rows, from, known.codes);
  };
  const earlyField = (field: number): EarlyField => {
    let known = byField[field];
    if (known === undefined) {
      known = { field, codes: new Uint32Array(0), done: 0, absentTo: 0, isAsked: false, unasked: 0 };
      byField[field] = known;
    }
    return known;
  };

  return {
    advance(rows) {
      const { length, fields } = rows;
      if (length === rowsBefore) return;
      // Of all the fields that a source's events have, those of a few events in a row are few.
      for (const known of early) {
        if (fields.hasSince(known.field, lastEvent)) lookUp(known, fields.columns[known.field], rows, true);
        else known.absentTo = length;
      }
      lastEvent = fields.eventNumber();
      rowsBefore = length;
    },
    codesOf(field, spans, rows) {
      const known = earlyField(field);
      known.isAsked = true;
      lookUp(known, spans, rows, false);
      return known.codes.subarray(0, rows.length);
    },
    begin() {
      const next: EarlyField[] = [];
      rowsBefore = 0;
      for (const known of byField) {
        if (known === undefined) continue;
        known.unasked = known.isAsked ? 0 : known.unasked + 1;
        known.done = 0;
        known.absentTo = 0;
        known.isAsked = false;
        if (known.unasked < patience && dictionaryOf(known.field) !== undefined) next.push(known);
      }
      early = next;
    },
  };
}
