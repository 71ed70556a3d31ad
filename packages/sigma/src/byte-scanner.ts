import { createWordSampler } from './word-sampler.ts';

/**
 * Tells whether one of some ASCII texts (of three characters or more) may stand in the strings of a JSON document, in any
 * case of its letters. An escaped character may be a letter of a text in disguise, so a document that has one may hold
 * anything: escapes are looked for too.
 */
export function createByteScanner(texts: readonly string[]): (bytes: Uint8Array) => boolean {
  const patterns = texts.map((text) => Uint8Array.from(text, (character) => fold(character.charCodeAt(0))));
  const long = patterns.filter((pattern) => pattern.length >= wordSpan);
  const short = patterns.filter((pattern) => pattern.length < wordSpan);
  const findsLong = createWordSampler([...long, ...escapes], startsAt);
  const findsShort = createPairSampler(short);
  return (bytes) => findsLong(bytes) || (findsShort?.(bytes) ?? false);
}

/** A text this long has an aligned word's first three bytes in it, wherever it starts. */
const wordSpan = 6;

/** For short texts: looks at every pair of bytes. */
function createPairSampler(patterns: readonly Uint8Array[]): ((bytes: Uint8Array) => boolean) | undefined {
  if (patterns.length === 0) return undefined;
  const slots = 1 << 14;
  const isFiled = new Uint8Array(slots);
  const buckets = new Map<number, Uint8Array[]>();
  // The bit that is set makes both cases of a letter one; that it makes others one too costs comparisons, nothing else.
  const slotOf = (first: number, second: number): number =>
    (((first | 0x20) << 7) ^ (second | 0x20)) & (slots - 1);
  for (const pattern of patterns) {
    const slot = slotOf(pattern[0] ?? 0, pattern[1] ?? 0);
    isFiled[slot] = 1;
    buckets.set(slot, [...(buckets.get(slot) ?? []), pattern]);
  }
  return (bytes) => {
    const last = bytes.length - 2;
    for (let start = 0; start <= last; start++) {
      const slot = slotOf(bytes[start] ?? 0, bytes[start + 1] ?? 0);
      if (isFiled[slot] === 0) continue;
      for (const pattern of buckets.get(slot) ?? []) if (startsAt(pattern, bytes, start)) return true;
    }
    return false;
  };
}

const fold = (byte: number): number => (byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte);
const folded = Uint8Array.from({ length: 256 }, (_, byte) => fold(byte));

/** `\\u0020` to `\\u007f`: every escape of a character that texts have. */
const escapes = Array.from('234567').flatMap((high) =>
  Array.from('0123456789abcdef', (low) => Uint8Array.from(Buffer.from(`\\u00${high}${low}`))),
);

function startsAt(pattern: Uint8Array, bytes: Uint8Array, start: number): boolean {
  if (start < 0 || start + pattern.length > bytes.length) return false;
  for (let index = 0; index < pattern.length; index++) {
    if (folded[bytes[start + index] ?? 0] !== pattern[index]) return false;
  }
  return true;
}

/** Characters that every JSON writer may write otherwise than as themselves. */
const escaped = new Set('"\\/<>&\'+`=');

/** The longest run of a text that stands in JSON as it is; undefined when it is too short to look for. */
export function plainRun(text: string, without = ''): string | undefined {
  let best = '';
  let run = '';
  for (const character of text) {
    const plain =
      character >= ' ' && character <= '~' && !escaped.has(character) && !without.includes(character);
    run = plain ? run + character : '';
    // A number may be written in several ways: 1000 as 1e3.
    if (run.length > best.length && !/^[\d.eE-]*$/u.test(run)) best = run;
  }
  return best.length < 3 ? undefined : best;
}
