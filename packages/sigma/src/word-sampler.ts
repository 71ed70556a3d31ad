import type { JsonNeedle } from './json-needle.ts';

/**
 * Tells whether the run of one of the needles (six bytes or more, letters in lower case) stands in a document, by looking at three
 * bytes of every aligned word of four: six bytes in a row cannot hide between them. The places do not depend on what was
 * seen, so a processor looks at many at once, which a search that jumps does not let it do. Whether a pattern really stands
 * where three of its bytes do is for `standsAt` to say. A text at the very end of the document is not found, which no
 * string of a JSON document is.
 */
export function createWordSampler(
  needles: readonly JsonNeedle[],
  standsAt: (needle: JsonNeedle, bytes: Uint8Array, start: number) => boolean,
): (bytes: Uint8Array) => boolean {
  const { isFiled, heads, filed } = fileWindows(needles);
  let viewed: ArrayBufferLike | undefined;
  let words: Uint32Array = new Uint32Array(0);

  const standsHere = (bytes: Uint8Array, at: number, slot: number): boolean => {
    for (let index = heads[slot] ?? -1; index !== -1; ) {
      const one = filed[index];
      if (one === undefined) return false;
      if (standsAt(one.needle, bytes, at - one.offset)) return true;
      index = one.next;
    }
    return false;
  };

  const standsIn = (bytes: Uint8Array, from: number, to: number): boolean => {
    for (let index = from; index < to; index++) {
      const slot = slotOf(words[index] ?? 0);
      if (isFiled[slot] !== 0 && standsHere(bytes, index * 4 - bytes.byteOffset, slot)) return true;
    }
    return false;
  };

  return (bytes) => {
    const { buffer, byteOffset, length } = bytes;
    // The events of a batch lie in few buffers, and a view costs as much as a short event.
    if (buffer !== viewed) {
      viewed = buffer;
      words = new Uint32Array(buffer, 0, buffer.byteLength >>> 2);
    }
    const last = (byteOffset + length) >>> 2;
    let index = (byteOffset + 3) >>> 2;
    // Four words to a branch: nearly always none of them is filed.
    for (; index + 4 <= last; index += 4) {
      const any =
        (isFiled[slotOf(words[index] ?? 0)] ?? 0) |
        (isFiled[slotOf(words[index + 1] ?? 0)] ?? 0) |
        (isFiled[slotOf(words[index + 2] ?? 0)] ?? 0) |
        (isFiled[slotOf(words[index + 3] ?? 0)] ?? 0);
      if (any !== 0 && standsIn(bytes, index, index + 4)) return true;
    }
    return standsIn(bytes, index, last);
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
/** Places of a run that an aligned word may start at: one of any four in a row. */
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

const isLittleEndian = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

/** Three bytes as the first of a word, in the order of this processor. */
const wordOf = (bytes: Uint8Array, start: number): number => {
  const [first, second, third] = [bytes[start] ?? 0, bytes[start + 1] ?? 0, bytes[start + 2] ?? 0];
  return isLittleEndian
    ? first | (second << 8) | (third << 16)
    : (first << 24) | (second << 16) | (third << 8);
};

const firstThree = wordOf(Uint8Array.of(0xff, 0xff, 0xff), 0);
/** The bit that tells the cases of a letter apart. That it is set for other bytes too costs comparisons, nothing else. */
const caseBits = wordOf(Uint8Array.of(0x20, 0x20, 0x20), 0);

const slotOf = (word: number): number => Math.imul((word & firstThree) | caseBits, 0x9e3779b1) >>> 18;
