import { type JsonNeedle, mayStandAt } from './json-needle.ts';
import { createMissedWindows, missWeight, rarestPlaces } from './missed-windows.ts';
import { wordsOf } from './words-of.ts';

/**
 * Whether something may stand in `bytes[start..end)`; `coded` false promises that no value there has an escape that JSON does not demand:
 * one in hexadecimal digits, or one of a slash.
 */
export type JsonScan = (bytes: Uint8Array, start: number, end: number, coded?: boolean) => boolean;

/** Runs have to be this long: then a window of three bytes starts at one of any four places in a row. */
export const wordSpan = 6;

/**
 * Tells whether one of the needles, whose runs have six bytes or more, may stand in a JSON document, by looking at three bytes of every
 * fourth place, or of fewer where all runs are longer: a run cannot hide between them. The places do not depend on what was seen, so a
 * processor looks at many at once, which a search that jumps does not let it do. Escapes are not looked for. What stands at the very end
 * of the document is not found, which no string of a JSON document does. Where so many needles have one window that a document made for it
 * would take long, every document may hold something. Undefined for no needles.
 */
export function createWordSampler(needles: readonly JsonNeedle[]): JsonScan | undefined {
  if (needles.length === 0) return undefined;
  const stride = Math.min(maxStride, ...needles.map(({ run }) => run.length - windowBytes + 1));
  const missed = createMissedWindows();
  const { filed, heads } = emptyTables();
  let { links, isCrowded } = fileWindows(needles, stride, { filed, heads }, missed.countOf);

  const standsAt = (bytes: Uint8Array, at: number, word: number): boolean => {
    if ((isFiled(filed, word) & 1) === 0) return false;
    const slot = slotOf(word);
    for (let index = heads[(slot / slotsOfList) | 0] ?? -1; index !== -1; ) {
      const one = links[index];
      if (one === undefined) return false;
      if (one.slot === slot && mayStandAt(one.needle, bytes, at - one.offset)) return true;
      index = one.next;
    }
    missed.miss(slot);
    return false;
  };

  const [second, third, fourth, block] = [stride, 2 * stride, 3 * stride, 4 * stride];
  return (bytes, start, end) => {
    if (missed.begin())
      ({ links, isCrowded } = fileWindows(needles, stride, { filed, heads }, missed.countOf));
    if (isCrowded) return true;
    const words = wordsOf(bytes);
    let at = start;
    for (const last = end - block; at <= last; at += block) {
      const one = words.getInt32(at, true);
      const two = words.getInt32(at + second, true);
      const three = words.getInt32(at + third, true);
      const four = words.getInt32(at + fourth, true);
      const found = isFiled(filed, one) | isFiled(filed, two) | isFiled(filed, three) | isFiled(filed, four);
      if ((found & 1) === 0) continue;
      if (standsAt(bytes, at, one) || standsAt(bytes, at + second, two)) return true;
      if (standsAt(bytes, at + third, three) || standsAt(bytes, at + fourth, four)) return true;
    }
    for (; at + 4 <= end; at += stride) if (standsAt(bytes, at, words.getInt32(at, true))) return true;
    return false;
  };
}

const windowBytes = 3;
/** At least as long as a word, so that a block never reads beyond itself. */
const maxStride = 8;

interface Link {
  readonly needle: JsonNeedle;
  /** Where in its run the window is. */
  readonly offset: number;
  readonly slot: number;
  /** The next of the same list; -1 for none. */
  readonly next: number;
}

interface Windows {
  readonly links: readonly Link[];
  /** Whether one of the lists is longer than `maxLinks`. */
  readonly isCrowded: boolean;
}

interface Tables {
  /** One bit for each hash of a window: whether anything is filed there. */
  readonly filed: Int32Array;
  /** The first link of each list; -1 for none. */
  readonly heads: Int32Array;
}

/** Links of one list that are gone through at a place of a document. */
export const maxLinks = 128;
const slots = 1 << 16;
/** Slots that have one list of links together: lists are looked at rarely, and there are many samplers. */
const slotsOfList = 32;

const emptyTables = (): Tables => ({
  filed: new Int32Array(slots / 32),
  heads: new Int32Array(slots / slotsOfList),
});

/** Files each needle by the windows at `stride` of its run's places in a row, where they are rarest. */
function fileWindows(
  needles: readonly JsonNeedle[],
  stride: number,
  { filed, heads }: Tables,
  missesOf: (slot: number) => number,
): Windows {
  const links: Link[] = [];
  const lengths = new Uint32Array(heads.length);
  filed.fill(0);
  heads.fill(-1);
  for (const needle of needles) {
    const { run } = needle;
    const slotAt = (offset: number): number => slotOf(wordOf(run, offset));
    const start = rarestPlaces(
      run.length - windowBytes + 1,
      stride,
      (offset) => commonness(run, offset) + missWeight * missesOf(slotAt(offset)),
    );
    for (let offset = start; offset < start + stride; offset++) {
      const slot = slotAt(offset);
      filed[slot >>> 5] = (filed[slot >>> 5] ?? 0) | (1 << (slot & 31));
      const list = (slot / slotsOfList) | 0;
      heads[list] = links.push({ needle, offset, slot, next: heads[list] ?? -1 }) - 1;
      lengths[list] = (lengths[list] ?? 0) + 1;
    }
  }
  return { links, isCrowded: lengths.some((length) => length > maxLinks) };
}

/** A guess that is enough to begin with, at most 64: the frequent letters of English, other letters and digits, the rest. */
const commonness = (run: Uint8Array, offset: number): number =>
  weightOf(run[offset]) * weightOf(run[offset + 1]) * weightOf(run[offset + 2]);

function weightOf(byte: number | undefined): number {
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
