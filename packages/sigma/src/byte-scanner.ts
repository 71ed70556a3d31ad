/**
 * Tells whether one of some ASCII texts may stand in the bytes of a JSON document, in any case of its letters. Jumps over
 * most bytes: it looks at a place for every length of the shortest text, and nearer only where a pair of bytes occurs
 * in one of the texts.
 */
export function createByteScanner(texts: readonly string[]): (bytes: Uint8Array) => boolean {
  const patterns = texts.map((text) => Uint8Array.from(text, (character) => fold(character.charCodeAt(0))));
  const window = Math.min(maxWindow, ...patterns.map((pattern) => pattern.length));
  const jumps = new Uint8Array(slots).fill(window - 1);
  const buckets: Uint8Array[][] = [];
  for (const pattern of patterns) {
    for (let end = 1; end < window; end++) {
      const slot = slotOf(pattern[end - 1] ?? 0, pattern[end] ?? 0);
      jumps[slot] = Math.min(jumps[slot] ?? 0, window - 1 - end);
      if (end === window - 1) buckets[slot] = [...(buckets[slot] ?? []), pattern];
    }
  }

  return (bytes) => {
    const { length } = bytes;
    let at = window - 1;
    while (at < length) {
      const slot = slotOf(folded[bytes[at - 1] ?? 0] ?? 0, folded[bytes[at] ?? 0] ?? 0);
      const jump = jumps[slot] ?? 0;
      if (jump !== 0) {
        at += jump;
        continue;
      }
      const start = at - window + 1;
      for (const pattern of buckets[slot] ?? []) if (startsAt(pattern, bytes, start)) return true;
      at++;
    }
    return hasEscape(bytes);
  };
}

const unicodeEscape = Buffer.from('\\u00');

/** An escaped character may be a letter of a text in disguise, so a document that has one may hold anything. */
function hasEscape(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes(unicodeEscape);
}

const maxWindow = 32;
const slots = 1 << 13;

const slotOf = (first: number, second: number): number => ((first << 5) ^ second) & (slots - 1);

const fold = (byte: number): number => (byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte);
const folded = Uint8Array.from({ length: 256 }, (_, byte) => fold(byte));

function startsAt(pattern: Uint8Array, bytes: Uint8Array, start: number): boolean {
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
    if (run.length > best.length) best = run;
  }
  // A number may be written in several ways: 1000 as 1e3.
  return best.length < 3 || /^[\d.eE-]*$/u.test(best) ? undefined : best;
}
