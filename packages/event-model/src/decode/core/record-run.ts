import type { RawRecord } from '../../decoder.ts';
import { latestTime } from '../../event-time.ts';
import type { DecodeCore } from './decode-core.ts';
import type { TextWindow } from './text-window.ts';

/**
 * Records that stand in the text window together, whose events the core takes without a call for each. Records that were fetched together
 * lie one behind the other.
 */
export interface RecordRun {
  /**
   * Shows the records from `first` on that fit together and of which topic and header say the same. Returns the first one that is not among
   * them: `first` when it has to be read for itself.
   */
  show(records: readonly RawRecord[], first: number): number;
  /** Bytes of the records that were shown last. */
  readonly bytes: number;
  /**
   * Takes their events from record `from` on. Returns the record that needs somebody else, for whom `stop` says from where on; the number
   * that `show` returned when there is none.
   * @param place the profile that the records are of (-1 when that is not known), and the number of the source they stand in
   */
  take(from: number, place: { readonly profile: number; readonly source: number }): number;
  /**
   * Takes the events of a piece of one record, which has to be in the text window. Returns whether it came to the piece's end; `stop` says
   * how far it came.
   */
  takePiece(piece: RecordPiece): boolean;
  readonly stop: { readonly position: number; readonly line: number; readonly events: number };
}

/** Where a piece of a record starts and ends in its source, and what there was of the record before it. */
export interface RecordPiece {
  readonly record: RawRecord;
  /** Numbers of the record, of the source it stands in, and of the profile it is of (-1 when that is not known). */
  readonly number: number;
  readonly source: number;
  readonly profile: number;
  readonly start: number;
  readonly end: number;
  readonly line: number;
  readonly events: number;
}

/** Records of a run, and their bytes, beyond which it ends; bytes of the longest record; the most that may lie between two of them. */
const maxRecords = 1_024;
const enoughBytes = 32 * 1024;
const maxBytes = 64 * 1024;
const maxGap = 256;

/** @param options `maxLines` events of one record; `now` is the clock for records without a time */
export function createRecordRun(
  core: DecodeCore,
  window: TextWindow,
  { maxLines, now }: { readonly maxLines: number; readonly now: () => number },
): RecordRun {
  const { calls, memory } = core;
  const stretches = memory.words(2 * maxRecords);
  const stamps = memory.doubles(2 * maxRecords);
  const stop = memory.ints(3);
  calls.useRun(stretches.byteOffset, stamps.byteOffset, stop.byteOffset, Math.min(maxLines, 0x7fffffff));
  let first = 0;
  let end = 0;
  let bytes = 0;

  const add = ({ timestamp }: RawRecord, value: Uint8Array, index: number): void => {
    const isStamped = hasStamp(timestamp);
    stretches[2 * index] = value.byteOffset;
    stretches[2 * index + 1] = value.byteOffset + value.length;
    stamps[2 * index] = isStamped ? timestamp : now();
    stamps[2 * index + 1] = isStamped ? timestamp : 0;
    bytes += value.length;
  };

  return {
    get bytes() {
      return bytes;
    },
    show(records, from) {
      first = from;
      end = from;
      bytes = 0;
      const record = records[from];
      const value = record?.value;
      if (record === undefined || value === null || value === undefined) return from;
      if (value.length > maxBytes) return from;
      const { topicId, headers } = record;
      const named = headers['parapet-source'];
      const { buffer, byteOffset } = value;
      let reach = byteOffset + value.length;
      add(record, value, 0);
      for (end = from + 1; end < records.length && end - from < maxRecords; end += 1) {
        const next = records[end] as RawRecord;
        const other = next.value;
        if (other === null || reach - byteOffset > enoughBytes || other.length > maxBytes) break;
        const gap = other.byteOffset - reach;
        if (gap < 0 || gap > maxGap || other.buffer !== buffer) break;
        if (next.topicId !== topicId || next.headers['parapet-source'] !== named) break;
        add(next, other, end - from);
        reach = other.byteOffset + other.length;
      }
      window.show(buffer, byteOffset, reach);
      const { shift } = window;
      for (let index = 0; index < 2 * (end - first); index += 1)
        stretches[index] = (stretches[index] as number) + shift;
      return end;
    },
    take(from, { profile, source }) {
      return first + calls.takeRun(from - first, end - first, first, source, window.shift, profile);
    },
    takePiece({ record: { timestamp }, number, source, profile, start, end: limit, line, events: before }) {
      const { shift } = window;
      const isStamped = hasStamp(timestamp);
      const received = isStamped ? timestamp : now();
      const stamped = isStamped ? timestamp : 0;
      const places = [start + shift, limit + shift, line, before] as const;
      return calls.takePiece(number, source, shift, profile, ...places, received, stamped) !== 0;
    },
    stop: {
      get position() {
        return stop[0] as number;
      },
      get line() {
        return stop[1] as number;
      },
      get events() {
        return stop[2] as number;
      },
    },
  };
}

const hasStamp = (timestamp: number): boolean => timestamp >= 0 && timestamp <= latestTime;
