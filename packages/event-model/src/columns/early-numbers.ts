import type { DecodeCore } from '../decode/core/decode-core.ts';
import type { SourceRows } from './source-rows.ts';

/**
 * Which texts of fields that are not looked up surely mean a number, noted while the events are in the text window: later each would have
 * to be fetched from memory again. Of the fields of which it was asked in the batches before.
 */
export interface EarlyNumbers {
  /** Looks at the rows that were added; their bytes have to be in the text window. */
  advance(rows: SourceRows): void;
  /** What is noted of a field in this batch. From the next batch on it is noted. */
  notesOf(field: number): NumberNotes;
  /** Begins the next batch. */
  begin(): void;
}

export interface NumberNotes {
  /** How many rows, from the first one on, something is noted of. */
  readonly done: number;
  /** By row: 1 for a text that surely means a number. */
  readonly notes: Uint8Array;
}

interface NotedField extends NumberNotes {
  readonly field: number;
  done: number;
  notes: Uint8Array;
  isAsked: boolean;
  /** Batches since somebody asked. */
  unasked: number;
}

/** Batches in which nobody asks after which a field is no longer noted. */
const patience = 8;
const firstRows = 1_024;

/** @param isSpanned whether the values of a field are not looked up now */
export function createEarlyNumbers(core: DecodeCore, isSpanned: (field: number) => boolean): EarlyNumbers {
  const { memory, calls } = core;
  const byField = new Map<number, NotedField>();
  let noted: readonly NotedField[] = [];

  const makeRoom = (known: NotedField, length: number): void => {
    if (known.notes.length >= length) return;
    const larger = memory.bytes(2 ** Math.ceil(Math.log2(Math.max(length, firstRows))));
    if (known.notes.length > 0) {
      memory.copy(known.notes, larger);
      memory.release(known.notes);
    }
    known.notes = larger;
  };
  return {
    advance({ length, shifts, fields }) {
      for (const known of noted) {
        if (known.done === length) continue;
        makeRoom(known, length);
        const spans = fields.columns[known.field];
        if (spans === undefined) memory.clear(known.notes, known.done, length);
        else {
          const { words } = spans;
          calls.noteNumbers(words.byteOffset, shifts.byteOffset, known.done, length, known.notes.byteOffset);
        }
        known.done = length;
      }
    },
    notesOf(field) {
      let known = byField.get(field);
      if (known === undefined) {
        known = { field, done: 0, notes: new Uint8Array(0), isAsked: true, unasked: 0 };
        byField.set(field, known);
      }
      known.isAsked = true;
      return known;
    },
    begin() {
      for (const known of byField.values()) {
        known.unasked = known.isAsked ? 0 : known.unasked + 1;
        known.done = 0;
        known.isAsked = false;
      }
      noted = [...byField.values()].filter(({ field, unasked }) => unasked < patience && isSpanned(field));
    },
  };
}
