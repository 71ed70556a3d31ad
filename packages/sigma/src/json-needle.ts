/** A text to be looked for in JSON, where parts of it may be written as escapes. All bytes are ASCII, letters in lower case. */
export interface JsonNeedle {
  /** Stands in JSON as it is. */
  readonly run: Uint8Array;
  /** What stands right before it in a value, and right after; each byte of them may be an escape. */
  readonly before: Uint8Array;
  readonly after: Uint8Array;
}

/** How the writer of a JSON document may have written characters: as escapes that JSON demands, or by any escapes. */
export type Escapes = 'demanded' | 'any';

/** Characters that a JSON writer has to write otherwise than as themselves; and those that some do. */
const escaped = { demanded: new Set('"\\'), any: new Set('"\\/<>&\'+`=') };

const isAscii = (character: string): boolean => character >= ' ' && character <= '~';

/** Whether a character of a text stands in JSON as it is; with any escapes, unless it is in disguise (see `disguise.ts`). */
export const standsAsItIs = (character: string, escapes: Escapes): boolean =>
  isAscii(character) && !escaped[escapes].has(character);

/**
 * What to look for to find a text, in any case of its letters: its longest run that JSON writes as it is, with its surroundings as far
 * as they are ASCII. The characters `without` may be others in the value. Undefined when the run is too short to look for.
 */
export function jsonNeedle(text: string, escapes: Escapes, without = ''): JsonNeedle | undefined {
  const characters = Array.from(text);
  const isCertain = (character: string): boolean => isAscii(character) && !without.includes(character);
  let best = { from: 0, to: 0 };
  for (let from = 0, at = 0; at < characters.length; at++) {
    const character = characters[at] ?? '';
    if (!standsAsItIs(character, escapes) || without.includes(character)) from = at + 1;
    // A number may be written in several ways: 1000 as 1e3.
    else if (at + 1 - from > best.to - best.from && !isNumeric(characters.slice(from, at + 1)))
      best = { from, to: at + 1 };
  }
  let { from, to } = best;
  if (to - from < 3) return undefined;
  while (from > 0 && isCertain(characters[from - 1] ?? '')) from--;
  while (to < characters.length && isCertain(characters[to] ?? '')) to++;
  return {
    run: bytesOf(characters.slice(best.from, best.to)),
    before: bytesOf(characters.slice(from, best.from)),
    after: bytesOf(characters.slice(best.to, to)),
  };
}

const isNumeric = (characters: readonly string[]): boolean => /^[\d.eE+-]*$/u.test(characters.join(''));
const bytesOf = (characters: readonly string[]): Uint8Array =>
  Uint8Array.from(characters, (character) => fold(character.charCodeAt(0)));

const fold = (byte: number): number => (byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte);
const folded = Uint8Array.from({ length: 256 }, (_, byte) => fold(byte));

const [quote, slash, backslash, letterU] = [0x22, 0x2f, 0x5c, 0x75];

/**
 * Whether the needle's run stands at `start` in a JSON document, and its surroundings do or may do: an escape in hexadecimal digits
 * is taken for any character.
 */
export function mayStandAt({ run, before, after }: JsonNeedle, bytes: Uint8Array, start: number): boolean {
  if (start < 0 || start + run.length > bytes.length) return false;
  // Many texts end in the same word, so what is before it tells more.
  if (!mayPrecede(before, bytes, start - 1)) return false;
  for (let index = 0; index < run.length; index++)
    if (folded[bytes[start + index] as number] !== run[index]) return false;
  return mayFollow(after, bytes, start + run.length);
}

function mayFollow(text: Uint8Array, bytes: Uint8Array, from: number): boolean {
  let at = from;
  for (let index = 0; index < text.length; index++) {
    const wanted = text[index];
    let byte = bytes[at] ?? 0;
    if (byte === backslash) {
      at++;
      byte = bytes[at] ?? 0;
      if (byte === letterU) return true;
      // What else is escaped is one of these, or a control character.
      if (byte !== backslash && byte !== quote && byte !== slash) return false;
    } else if (byte === quote) return false;
    if (folded[byte] !== wanted) return false;
    at++;
  }
  return true;
}

function mayPrecede(text: Uint8Array, bytes: Uint8Array, from: number): boolean {
  let at = from;
  for (let index = text.length - 1; index >= 0; index--) {
    const wanted = text[index];
    const byte = folded[bytes[at] ?? 0];
    if (byte !== wanted) return bytes[at - 4] === letterU && bytes[at - 5] === backslash;
    if (byte === quote || byte === backslash) at--;
    // A backslash before a slash is its own, or the end of one that is escaped.
    else if (byte === slash && bytes[at - 1] === backslash) return true;
    at--;
  }
  return true;
}
