import type { DecodeCore } from './decode-core.ts';

/**
 * The bytes that are being read, as they stand in the core's memory. Stretches are added one behind the other until there are so many
 * that they would leave the core's cache; then whoever needs them is told before they make way for the next.
 */
export interface TextWindow {
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
/** Bytes beyond the end that may be looked at: `assembly/nibble-scan.ts` reads most. */
const slack = 96;

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
    // Memory that is shared is copied by words only where both sides stand alike to them.
    let at = used + ((start - used) & 7);
    if (at + length > enough && used > 0) {
      beforeMove();
      at = start & 7;
    }
    if (at + length + slack > text.length) {
      core.memory.release(text);
      text = core.scratch(2 ** Math.ceil(Math.log2(at + length + slack)));
    }
    text.set(new Uint8Array(buffer, start, length), at);
    shift = text.byteOffset + at - start;
    used = at + length;
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
