import { type JsonNeedle, mayStandAt } from './json-needle.ts';
import { createMissedWindows, missWeight, rarestPlaces } from './missed-windows.ts';
import { type JsonScan, maxLinks } from './word-sampler.ts';
import { wordsOf } from './words-of.ts';

/**
 * Tells whether one of the needles, whose runs have three bytes or more, may stand in a JSON document, by looking at two bytes of every
 * second place: three bytes in a row cannot hide between them. Escapes are not looked for. Where many needles have one pair, every document
 * may hold something. Undefined for no needles.
 */
export function createPairSampler(needles: readonly JsonNeedle[]): JsonScan | undefined {
  if (needles.length === 0) return undefined;
  const isFiled = new Uint8Array(1 << 16);
  const missed = createMissedWindows();
  let filed = filePairs(needles, isFiled, missed.countOf);
  let isCrowded = hasCrowd(filed);

  const standsAt = (bytes: Uint8Array, at: number, pair: number): boolean => {
    if (isFiled[pair] === 0) return false;
    for (const { needle, offset } of filed.get(pair) ?? [])
      if (mayStandAt(needle, bytes, at - offset)) return true;
    missed.miss(pair);
    return false;
  };

  return (bytes, start, end) => {
    if (missed.begin()) {
      filed = filePairs(needles, isFiled, missed.countOf);
      isCrowded = hasCrowd(filed);
    }
    if (isCrowded) return true;
    const words = wordsOf(bytes);
    let at = start;
    for (; at + 8 <= end; at += 8) {
      const first = words.getInt32(at, true);
      const second = words.getInt32(at + 4, true);
      const found =
        (isFiled[first & 0xffff] as number) |
        (isFiled[first >>> 16] as number) |
        (isFiled[second & 0xffff] as number) |
        (isFiled[second >>> 16] as number);
      if (found === 0) continue;
      if (standsAt(bytes, at, first & 0xffff) || standsAt(bytes, at + 2, first >>> 16)) return true;
      if (standsAt(bytes, at + 4, second & 0xffff) || standsAt(bytes, at + 6, second >>> 16)) return true;
    }
    for (; at + 2 <= end; at += 2) if (standsAt(bytes, at, words.getUint16(at, true))) return true;
    return false;
  };
}

const hasCrowd = (filed: ReadonlyMap<number, readonly Filed[]>): boolean =>
  filed.values().some(({ length }) => length > maxLinks);

interface Filed {
  readonly needle: JsonNeedle;
  /** Where in its run the pair is. */
  readonly offset: number;
}

/** Files each needle by two pairs in a row of its run, the rarest, in both cases of their letters. */
function filePairs(
  needles: readonly JsonNeedle[],
  isFiled: Uint8Array,
  missesOf: (pair: number) => number,
): ReadonlyMap<number, readonly Filed[]> {
  const filed = new Map<number, Filed[]>();
  isFiled.fill(0);
  for (const needle of needles) {
    const { run } = needle;
    const start = rarestPlaces(run.length - 1, 2, (offset) => {
      let misses = 0;
      for (const pair of casesOf(run, offset)) misses += missesOf(pair);
      return weightOf(run[offset] ?? 0) * weightOf(run[offset + 1] ?? 0) + missWeight * misses;
    });
    for (const offset of [start, start + 1]) {
      for (const pair of casesOf(run, offset)) {
        isFiled[pair] = 1;
        const known = filed.get(pair);
        if (known === undefined) filed.set(pair, [{ needle, offset }]);
        else known.push({ needle, offset });
      }
    }
  }
  return filed;
}

/** A guess that is enough to begin with: letters are more frequent than what is between them. */
const weightOf = (byte: number): number => (/[etaoinsrl]/u.test(String.fromCharCode(byte)) ? 4 : 2);

/** The pair in both cases of its letters. */
function casesOf(run: Uint8Array, start: number): ReadonlySet<number> {
  const [first, second] = [run[start] ?? 0, run[start + 1] ?? 0];
  const pairs = new Set<number>();
  for (const low of [first, upper(first)])
    for (const high of [second, upper(second)]) pairs.add(low | (high << 8));
  return pairs;
}

const upper = (byte: number): number => (byte >= 0x61 && byte <= 0x7a ? byte - 0x20 : byte);
