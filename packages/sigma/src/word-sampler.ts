import { isDisguise, type JsonNeedle, mayStandAt } from './json-needle.ts';

/** Whether something may stand in `bytes[start..end)`. */
export type JsonScan = (bytes: Uint8Array, start: number, end: number) => boolean;

/** A run this long has the first three bytes of one of any words of four in a row in it, wherever it starts. */
export const wordSpan = 6;

/**
 * Tells whether one of the needles, whose runs have six bytes or more, may stand in a JSON document, by looking at three
 * bytes of every fourth place: six bytes in a row cannot hide between them. The places do not depend on what was
 * seen, so a processor looks at many at once, which a search that jumps does not let it do. An escape that may hide a part of
 * a run is found too. What stands at the very end of the document is not found, which no string of a JSON document does.
 */
export function createWordSampler(needles: readonly JsonNeedle[]): JsonScan {
  const { isFiled, heads, filed } = fileWindows(needles);
  let view: DataView = new DataView(new ArrayBuffer(0));

  const standsAt = (bytes: Uint8Array, at: number, word: number): boolean => {
    for (let index = heads[slotOf(word)] ?? -1; index !== -1; ) {
      const one = filed[index];
      if (one === undefined) return false;
      if (mayStandAt(one.needle, bytes, at - one.offset)) return true;
      index = one.next;
    }
    return (
      isDisguise(bytes, at - 1) ||
      isDisguise(bytes, at) ||
      isDisguise(bytes, at + 1) ||
      isDisguise(bytes, at + 2)
    );
  };

  return (bytes, start, end) => {
    // The events of a batch lie in few buffers, and a view costs as much as a short event.
    if (bytes.buffer !== view.buffer) view = new DataView(bytes.buffer);
    const words = view;
    const { byteOffset } = bytes;
    const last = byteOffset + end;
    let at = byteOffset + start;
    // Four words to a branch: nearly always nothing is in any of them.
    for (; at + 16 <= last; at += 16) {
      const first = words.getInt32(at, true);
      const second = words.getInt32(at + 4, true);
      const third = words.getInt32(at + 8, true);
      const fourth = words.getInt32(at + 12, true);
      const found =
        (isFiled[slotOf(first)] as number) |
        (isFiled[slotOf(second)] as number) |
        (isFiled[slotOf(third)] as number) |
        (isFiled[slotOf(fourth)] as number) |
        ((escapeSign(first) | escapeSign(second) | escapeSign(third) | escapeSign(fourth)) >>> 31);
      if (found === 0) continue;
      const place = at - byteOffset;
      if (standsAt(bytes, place, first) || standsAt(bytes, place + 4, second)) return true;
      if (standsAt(bytes, place + 8, third) || standsAt(bytes, place + 12, fourth)) return true;
    }
    for (; at + 4 <= last; at += 4)
      if (standsAt(bytes, at - byteOffset, words.getInt32(at, true))) return true;
    return false;
  };
}

interface Filed {
  readonly needle: JsonNeedle;
  /** Where in its run the three bytes are. */
  readonly offset: number;
  /** The next with the same hash; -1 for none. */
  readonly next: number;
}

interface Windows {
  readonly isFiled: Uint8Array;
  readonly heads: Int32Array;
  readonly filed: readonly Filed[];
}

const slots = 1 << 14;
/** Places of a run that a word may start at: one of any four in a row. */
const places = 4;

/** Files each needle by the three bytes at four of its run's places in a row, where they are rarest. */
function fileWindows(needles: readonly JsonNeedle[]): Windows {
  const isFiled = new Uint8Array(slots);
  const heads = new Int32Array(slots).fill(-1);
  const filed: Filed[] = [];
  for (const needle of needles) {
    const { run } = needle;
    const start = rarestWindow(run);
    for (let offset = start; offset < start + places; offset++) {
      const slot = slotOf(wordOf(run, offset));
      isFiled[slot] = 1;
      heads[slot] = filed.push({ needle, offset, next: heads[slot] ?? -1 }) - 1;
    }
  }
  // A word starts at the backslash of an escape, or at its second byte; `escapeSign` sees the other two places.
  for (const text of ['\\u0', 'u00']) isFiled[slotOf(wordOf(Buffer.from(text), 0))] = 1;
  return { isFiled, heads, filed };
}

function rarestWindow(run: Uint8Array): number {
  if (run.length === places + 2) return 0;
  let best = 0;
  let least = Number.POSITIVE_INFINITY;
  for (let start = 0; start + places + 2 <= run.length; start++) {
    let sum = 0;
    for (let offset = start; offset < start + places; offset++)
      sum += commonness(run[offset]) * commonness(run[offset + 1]) * commonness(run[offset + 2]);
    if (sum < least) {
      least = sum;
      best = start;
    }
  }
  return best;
}

/** A guess that is enough to choose by: the frequent letters of English, other letters and digits, the rest. */
function commonness(byte: number | undefined): number {
  const character = String.fromCharCode(byte ?? 0);
  if ('etaoinsrl'.includes(character)) return 4;
  return /[a-z0-9]/u.test(character) ? 2 : 1;
}

const wordOf = (bytes: Uint8Array, start: number): number =>
  (bytes[start] ?? 0) | ((bytes[start + 1] ?? 0) << 8) | ((bytes[start + 2] ?? 0) << 16);

/** The first three bytes, with the bit that tells the cases of a letter apart: that it is set for others costs comparisons. */
const slotOf = (word: number): number => Math.imul((word & 0xffffff) | 0x202020, 0x9e3779b1) >>> 18;

const escapeHead = wordOf(Buffer.from('\\u'), 0);
const escapeBody = wordOf(Buffer.from('u0'), 0);

/** A negative number when the last two bytes of a word are `\u`, or `u0`. */
const escapeSign = (word: number): number => {
  const half = word >>> 16;
  return ((half ^ escapeHead) - 1) | ((half ^ escapeBody) - 1);
};
