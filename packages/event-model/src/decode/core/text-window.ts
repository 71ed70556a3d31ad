import type { RawRecord } from '../../decoder.ts';
import type { DecodeCore } from './decode-core.ts';

/**
 * The bytes that are being read, as they stand in the core's memory. Stretches are added one behind the other until there are so many
 * that they would leave the core's cache; then whoever needs them is told before they make way for the next.
 */
export interface TextWindow {
  /**
   * Shows a record, and with it the next ones that lie behind it: so they come when they were fetched together. Returns the first one
   * that is not among them: the record itself when it is too long for that.
   */
  showRecords(records: readonly RawRecord[], first: number): number;
  /** Makes a stretch of a buffer stand here, if it does not yet. `shift` then leads to it. */
  show(buffer: ArrayBufferLike, start: number, end: number): void;
  /** Where a byte of what was shown last is here, less where it is in its buffer. */
  readonly shift: number;
  /** Whether a stretch is part of what was shown last. */
  covers(buffer: ArrayBufferLike, start: number, end: number): boolean;
  /** Forgets what was shown: the same buffer may hold other bytes the next time. */
  clear(): void;
}

/** With the columns of their values these are less than a cache of 512 KB. */
const enough = 128 * 1024;
/** Bytes beyond the end that may be looked at. */
const slack = 64;

/** Bytes of records that are shown together, and the most that may lie between two of them. */
const runBytes = 32 * 1024;
const maxGap = 256;

/** @param beforeMove is called before bytes that were shown make way */
export function createTextWindow(core: DecodeCore, beforeMove: () => void): TextWindow {
  let text = core.scratch(enough + slack);
  let used = 0;
  let shift = 0;
  let shown: ArrayBufferLike | undefined;
  let from = 0;
  let to = 0;
  const show = (buffer: ArrayBufferLike, start: number, end: number): void => {
    if (buffer === shown && start >= from && end <= to) return;
    const length = end - start;
    if (used + length > enough && used > 0) {
      beforeMove();
      used = 0;
    }
    // Memory that is shared is copied by words only where both sides stand alike to them.
    used += (start - used) & 7;
    if (used + length + slack > text.length) {
      core.memory.release(text);
      text = core.scratch(2 ** Math.ceil(Math.log2(used + length + slack)));
    }
    text.set(new Uint8Array(buffer, start, length), used);
    shift = text.byteOffset + used - start;
    used += length;
    shown = buffer;
    from = start;
    to = end;
  };

  return {
    get shift() {
      return shift;
    },
    covers: (buffer, start, end) => buffer === shown && start >= from && end <= to,
    show,
    showRecords(records, first) {
      const value = records[first]?.value;
      if (value === null || value === undefined || value.length > runBytes) return first;
      const { buffer, byteOffset } = value;
      let end = byteOffset + value.length;
      let next = first + 1;
      for (; next < records.length && end - byteOffset < runBytes; next += 1) {
        const other = records[next]?.value;
        if (other === null || other === undefined) continue;
        const gap = other.byteOffset - end;
        if (other.buffer !== buffer || gap < 0 || gap > maxGap || other.length > runBytes) break;
        end = other.byteOffset + other.length;
      }
      show(buffer, byteOffset, end);
      return next;
    },
    clear() {
      used = 0;
      shown = undefined;
      if (text.length > 16 * enough) {
        core.memory.release(text);
        text = core.scratch(enough + slack);
      }
    },
  };
}
