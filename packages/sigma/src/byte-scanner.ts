import { type JsonNeedle, mayStandAt, runCharacters } from './json-needle.ts';
import { createWordSampler } from './word-sampler.ts';

/**
 * Tells whether one of some texts may stand in the strings of a JSON document, in any case of its letters. An escaped
 * character may be one of a text's run in disguise, so a document that has one may hold anything: escapes are looked for too.
 */
export function createByteScanner(needles: readonly JsonNeedle[]): (bytes: Uint8Array) => boolean {
  const long = needles.filter(({ run }) => run.length >= wordSpan);
  const short = needles.filter(({ run }) => run.length < wordSpan);
  const findsLong = createWordSampler([...long, ...escapes], mayStandAt);
  const findsShort = createPairSampler(short);
  return (bytes) => findsLong(bytes) || (findsShort?.(bytes) ?? false);
}

/** A text this long has an aligned word's first three bytes in it, wherever it starts. */
const wordSpan = 6;

/** For short texts: looks at every pair of bytes. */
function createPairSampler(needles: readonly JsonNeedle[]): ((bytes: Uint8Array) => boolean) | undefined {
  if (needles.length === 0) return undefined;
  const slots = 1 << 14;
  const isFiled = new Uint8Array(slots);
  const buckets = new Map<number, JsonNeedle[]>();
  // The bit that is set makes both cases of a letter one; that it makes others one too costs comparisons, nothing else.
  const slotOf = (first: number, second: number): number =>
    (((first | 0x20) << 7) ^ (second | 0x20)) & (slots - 1);
  for (const needle of needles) {
    const slot = slotOf(needle.run[0] ?? 0, needle.run[1] ?? 0);
    isFiled[slot] = 1;
    buckets.set(slot, [...(buckets.get(slot) ?? []), needle]);
  }
  return (bytes) => {
    const last = bytes.length - 2;
    for (let start = 0; start <= last; start++) {
      const slot = slotOf(bytes[start] ?? 0, bytes[start + 1] ?? 0);
      if (isFiled[slot] === 0) continue;
      for (const needle of buckets.get(slot) ?? []) if (mayStandAt(needle, bytes, start)) return true;
    }
    return false;
  };
}

const nothing = new Uint8Array(0);

/** `\\u0041` and so on: every escape of a character that runs have. */
const escapes: readonly JsonNeedle[] = runCharacters.map((character) => ({
  run: Buffer.from(`\\u00${character.charCodeAt(0).toString(16)}`),
  before: nothing,
  after: nothing,
}));
