import { type JsonNeedle, mayStandAt } from './json-needle.ts';
import type { JsonScan } from './word-sampler.ts';
import { wordsOf } from './words-of.ts';

/**
 * Tells whether one of the needles, whose runs have three bytes or more, may stand in a JSON document, by looking at two bytes of every
 * second place: three bytes in a row cannot hide between them. Escapes are not looked for. Undefined for no needles.
 */
export function createPairSampler(needles: readonly JsonNeedle[]): JsonScan | undefined {
  if (needles.length === 0) return undefined;
  const isFiled = new Uint8Array(1 << 16);
  const filed = new Map<number, Filed[]>();
  for (const needle of needles) {
    const start = rarestPairs(needle.run);
    for (const offset of [start, start + 1]) {
      for (const pair of casesOf(needle.run, offset)) {
        isFiled[pair] = 1;
        filed.set(pair, [...(filed.get(pair) ?? []), { needle, offset }]);
      }
    }
  }

  const standsAt = (bytes: Uint8Array, at: number, pair: number): boolean => {
    if (isFiled[pair] === 0) return false;
    for (const { needle, offset } of filed.get(pair) ?? [])
      if (mayStandAt(needle, bytes, at - offset)) return true;
    return false;
  };

  return (bytes, start, end) => {
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

interface Filed {
  readonly needle: JsonNeedle;
  /** Where in its run the pair is. */
  readonly offset: number;
}

/** Where two pairs start that are rarer than others of the run. */
function rarestPairs(run: Uint8Array): number {
  let best = 0;
  let least = Number.POSITIVE_INFINITY;
  for (let start = 0; start + 3 <= run.length; start++) {
    const sum = commonness(run, start) + commonness(run, start + 1);
    if (sum < least) {
      least = sum;
      best = start;
    }
  }
  return best;
}

/** A guess that is enough to choose by: letters are more frequent than what is between them. */
const commonness = (run: Uint8Array, start: number): number =>
  weightOf(run[start] ?? 0) * weightOf(run[start + 1] ?? 0);
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
