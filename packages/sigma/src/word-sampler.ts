import { isDisguise, type JsonNeedle, mayStandAt } from './json-needle.ts';
import { wordsOf } from './words-of.ts';

/** Whether something may stand in `bytes[start..end)`; `coded` false promises that no value there has an escape in hexadecimal digits. */
export type JsonScan = (bytes: Uint8Array, start: number, end: number, coded?: boolean) => boolean;

/** A run this long has the first three bytes of one of any words of four in a row in it, wherever it starts. */
export const wordSpan = 6;

/**
 * Tells whether one of the needles, whose runs have six bytes or more, may stand in a JSON document, by looking at three
 * bytes of every fourth place: six bytes in a row cannot hide between them. The places do not depend on what was
 * seen, so a processor looks at many at once, which a search that jumps does not let it do. An escape that may hide a part of
 * a run is found too. What stands at the very end of the document is not found, which no string of a JSON document does.
 */
export function createWordSampler(needles: readonly JsonNeedle[]): JsonScan {
  const { filed, heads, links } = fileWindows(needles);

  const standsAt = (bytes: Uint8Array, at: number, word: number): boolean => {
    if ((isFiled(filed, word) & 1) === 0) return false;
    for (let index = heads[(slotOf(word) / slotsOfList) | 0] ?? -1; index !== -1; ) {
      const one = links[index];
      if (one === undefined) return false;
      if (mayStandAt(one.needle, bytes, at - one.offset)) return true;
      index = one.next;
    }
    return false;
  };

  /** Whether something may stand where one of the words from `start` on tells of it. */
  const standsIn = (bytes: Uint8Array, start: number, end: number): boolean => {
    const words = wordsOf(bytes);
    for (let at = start; at + 4 <= end; at += 4)
      if (standsAt(bytes, at, words.getInt32(at, true))) return true;
    // The first word may start at the second byte of an escape.
    for (let at = start - 1; at < end; at++) if (isDisguise(bytes, at)) return true;
    return false;
  };

  /** Without a look at escapes, which costs as much as the words themselves. */
  const scanUncoded: JsonScan = (bytes, start, end) => {
    const words = wordsOf(bytes);
    let at = start;
    for (; at + block <= end; at += block) {
      const first = words.getInt32(at, true);
      const second = words.getInt32(at + 4, true);
      const third = words.getInt32(at + 8, true);
      const fourth = words.getInt32(at + 12, true);
      const found =
        isFiled(filed, first) | isFiled(filed, second) | isFiled(filed, third) | isFiled(filed, fourth);
      if ((found & 1) === 0) continue;
      if (standsAt(bytes, at, first) || standsAt(bytes, at + 4, second)) return true;
      if (standsAt(bytes, at + 8, third) || standsAt(bytes, at + 12, fourth)) return true;
    }
    for (; at + 4 <= end; at += 4) if (standsAt(bytes, at, words.getInt32(at, true))) return true;
    return false;
  };

  return (bytes, start, end, coded) => {
    if (coded === false) return scanUncoded(bytes, start, end);
    const words = wordsOf(bytes);
    let at = start;
    const lastBlock = end - block;
    while (at <= lastBlock) {
      const first = words.getInt32(at, true);
      const second = words.getInt32(at + 4, true);
      const third = words.getInt32(at + 8, true);
      const fourth = words.getInt32(at + 12, true);
      const found =
        isFiled(filed, first) | isFiled(filed, second) | isFiled(filed, third) | isFiled(filed, fourth);
      if (((found & 1) | escapesAtEnd(first, second) | escapesAtEnd(third, fourth)) !== 0) {
        if (standsIn(bytes, at, at + block)) return true;
      }
      if (at === lastBlock) return false;
      // The last block may overlap the one before it: steps may be shorter, never longer.
      at = Math.min(at + block, lastBlock);
    }
    return standsIn(bytes, start, end);
  };
}

/** Bytes of the words that are looked at together: nearly always nothing is in any of them. */
const block = 16;

interface Link {
  readonly needle: JsonNeedle;
  /** Where in its run the three bytes are. */
  readonly offset: number;
  /** The next of the same list; -1 for none. */
  readonly next: number;
}

interface Windows {
  /** One bit for each hash of three bytes: whether anything is filed there. */
  readonly filed: Int32Array;
  /** The first link of each list; -1 for none. */
  readonly heads: Int32Array;
  readonly links: readonly Link[];
}

const slots = 1 << 16;
/** Slots that have one list of links together: lists are looked at rarely, and there are many samplers. */
const slotsOfList = 32;
/** Places of a run that a word may start at: one of any four in a row. */
const places = 4;

/** Files each needle by the three bytes at four of its run's places in a row, where they are rarest. */
function fileWindows(needles: readonly JsonNeedle[]): Windows {
  const filed = new Int32Array(slots / 32);
  const heads = new Int32Array(slots / slotsOfList).fill(-1);
  const links: Link[] = [];
  const file = (slot: number): void => {
    filed[slot >>> 5] = (filed[slot >>> 5] ?? 0) | (1 << (slot & 31));
  };
  for (const needle of needles) {
    const { run } = needle;
    const start = rarestWindow(run);
    for (let offset = start; offset < start + places; offset++) {
      const slot = slotOf(wordOf(run, offset));
      file(slot);
      const list = (slot / slotsOfList) | 0;
      heads[list] = links.push({ needle, offset, next: heads[list] ?? -1 }) - 1;
    }
  }
  // A word starts at the backslash of an escape, or at its second byte; `escapesAtEnd` sees the other two places.
  for (const text of ['\\u0', 'u00']) file(slotOf(wordOf(Buffer.from(text), 0)));
  return { filed, heads, links };
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

/**
 * A hash of the first three bytes: the product by a multiple of 256 does not depend on the fourth. The bit that tells the cases of a
 * letter apart is set; that it is set for other bytes too costs comparisons.
 */
const slotOf = (word: number): number => Math.imul(word | 0x20202020, 0x9e3779b1 << 8) >>> 16;

/** The lowest bit tells. */
const isFiled = (filed: Int32Array, word: number): number => {
  const slot = slotOf(word);
  return (filed[slot >>> 5] as number) >> (slot & 31);
};

const escapeHead = wordOf(Buffer.from('\\u'), 0) * 0x10001;
const escapeBody = wordOf(Buffer.from('u0'), 0) * 0x10001;

/** Not 0 when the last two bytes of one of two words are `\u`, or `u0`; 0 for nearly all others. */
const escapesAtEnd = (one: number, other: number): number => {
  const halves = (one >>> 16) | (other & 0xffff0000);
  const heads = halves ^ escapeHead;
  const bodies = halves ^ escapeBody;
  // A half that is zero borrows from above.
  return (((heads - 0x10001) & ~heads) | ((bodies - 0x10001) & ~bodies)) & 0x80008000;
};
