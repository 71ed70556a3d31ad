import type { DecodeCore } from '../decode/core/decode-core.ts';
import { createTextScanner, leastText, type TextScanner } from '../decode/core/text-scanner.ts';
import type { SourceRows } from './source-rows.ts';

/**
 * Whether texts may stand in a source's events, looked for while the events are in the text window: what was asked for in the batches
 * before, all lists together, since which of them an event is asked for is known only later.
 */
export interface EarlyScans {
  /** Looks at the rows that were added; their bytes have to be in the text window. */
  advance(rows: SourceRows): void;
  /**
   * By row 0 when none of the texts (ASCII in lower case) stands in the row's JSON, in any case of its letters, and no character of them is
   * written there as an escape. Undefined where that is not known: of a list that was not asked for in the batches before.
   */
  mayHold(rows: SourceRows, texts: readonly Uint8Array[]): Uint8Array | undefined;
  /** Begins the next batch. */
  begin(): void;
}

/** Texts of a source that are looked for; of what is asked for beyond them nothing is known. */
const maxTexts = 4_096;
const firstRows = 1_024;
/** Bytes of events that the scanner is made by. */
const maxSample = 32 * 1024;
/** Batches after which it is made anew; at first as many as there were before. */
const maxBatches = 1_024;

export function createEarlyScans(core: DecodeCore): EarlyScans {
  const { memory, calls } = core;
  /** Each text once, by its characters. */
  const texts = new Map<string, Uint8Array>();
  /** What becomes of the lists that were asked for. */
  const lists = new WeakMap<readonly Uint8Array[], 'lookedFor' | 'next' | 'never'>();
  let next: (readonly Uint8Array[])[] = [];
  let scanner: TextScanner | undefined;
  /** How many texts the scanner looks for, and of how many bytes of events it was learned what is rare. */
  let lookedFor = 0;
  let learnedFrom = 0;
  let batches = 0;
  /** The batch from which on it is learned anew: the first events may be few, and later ones other than they were. */
  let learnAgain = 0;
  let found: Uint8Array = new Uint8Array(0);
  let done = 0;

  /** Looks for what was asked for since, from now on; the events at hand show what others will be like. */
  const learn = (rows: SourceRows): void => {
    for (const list of next) lists.set(list, 'lookedFor');
    next = [];
    const events = eventsAtHand(rows);
    const bytes = events.reduce((sum, { length }) => sum + length, 0);
    if (texts.size === lookedFor && bytes < learnedFrom) return;
    lookedFor = texts.size;
    learnedFrom = bytes;
    learnAgain = batches + Math.min(batches, maxBatches);
    scanner?.release();
    scanner = createTextScanner(core, [...texts.values()], events);
  };
  const eventsAtHand = ({ length, shifts, starts, ends }: SourceRows): readonly Uint8Array[] => {
    const { bytes } = core;
    const events: Uint8Array[] = [];
    let room = maxSample;
    for (let row = 0; row < length && room > 0; row += 1) {
      const shift = shifts[row] as number;
      const start = ((starts[row] as number) + shift) >>> 0;
      const end = ((ends[row] as number) + shift) >>> 0;
      events.push(bytes.subarray(start, Math.min(end, start + room)));
      room -= end - start;
    }
    return events;
  };
  return {
    advance(rows) {
      const { length, shifts, starts, ends, coded } = rows;
      if (done === length) return;
      if (done === 0 && (next.length > 0 || (texts.size > 0 && batches >= learnAgain))) learn(rows);
      if (scanner === undefined) return;
      if (found.length < length) {
        const larger = memory.bytes(2 ** Math.ceil(Math.log2(Math.max(length, firstRows))));
        if (found.length > 0) {
          memory.copy(found, larger);
          memory.release(found);
        }
        found = larger;
      }
      const { place } = scanner;
      calls.scanRows(
        place,
        shifts.byteOffset,
        starts.byteOffset,
        ends.byteOffset,
        coded.byteOffset,
        done,
        length,
        found.byteOffset,
      );
      done = length;
    },
    mayHold({ length }, list) {
      const state = lists.get(list);
      if (state === 'lookedFor' && done === length) return found.subarray(0, length);
      if (state !== undefined) return undefined;
      const isTaken = texts.size + list.length <= maxTexts && list.every(({ length }) => length >= leastText);
      lists.set(list, isTaken ? 'next' : 'never');
      if (isTaken) {
        next.push(list);
        for (const text of list) texts.set(Buffer.from(text).toString('latin1'), text);
      }
      return undefined;
    },
    begin() {
      done = 0;
      batches += 1;
    },
  };
}
