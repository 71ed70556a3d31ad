/** A text to be looked for in JSON, where parts of it may be written as escapes. All bytes are ASCII, letters in lower case. */
export interface JsonNeedle {
  /** Stands in JSON as it is. */
  readonly run: Uint8Array;
  /** What stands right before it in a value, and right after; each byte of them may be an escape. */
  readonly before: Uint8Array;
  readonly after: Uint8Array;
}

/** Characters that every JSON writer may write otherwise than as themselves. */
const escaped = new Set('"\\/<>&\'+`=');

const isAscii = (character: string): boolean => character >= ' ' && character <= '~';
const standsAsItIs = (character: string): boolean => isAscii(character) && !escaped.has(character);

/**
 * What to look for to find a text, in any case of its letters: its longest run that JSON writes as it is, with its surroundings as far
 * as they are ASCII. The characters `without` may be others in the value. Undefined when the run is too short to look for.
 */
export function jsonNeedle(text: string, without = ''): JsonNeedle | undefined {
  const characters = Array.from(text);
  const isCertain = (character: string): boolean => isAscii(character) && !without.includes(character);
  let best = { from: 0, to: 0 };
  for (let from = 0, at = 0; at < characters.length; at++) {
    const character = characters[at] ?? '';
    if (!standsAsItIs(character) || without.includes(character)) from = at + 1;
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

const isNumeric = (characters: readonly string[]): boolean => /^[\d.eE-]*$/u.test(characters.join(''));
const bytesOf = (characters: readonly string[]): Uint8Array =>
  Uint8Array.from(characters, (character) => fold(character.charCodeAt(0)));

const fold = (byte: number): number => (byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte);
const folded = Uint8Array.from({ length: 256 }, (_, byte) => fold(byte));

const [quote, slash, zero, backslash, letterU] = [0x22, 0x2f, 0x30, 0x5c, 0x75];

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

/** Whether a byte is a character that runs have. */
const isRunByte = Uint8Array.from({ length: 256 }, (_, byte) =>
  standsAsItIs(String.fromCharCode(byte)) ? 1 : 0,
);

/** Whether an escape in hexadecimal digits stands at `start` that means a character of runs. */
export function isDisguise(bytes: Uint8Array, start: number): boolean {
  if (bytes[start] !== backslash || bytes[start + 1] !== letterU) return false;
  if (bytes[start + 2] !== zero || bytes[start + 3] !== zero) return false;
  const code = (digitOf(bytes[start + 4] ?? 0) << 4) | digitOf(bytes[start + 5] ?? 0);
  return isRunByte[code] === 1;
}

/** Of what is no digit anything will do: JSON has none such. */
const digitOf = (byte: number): number => (byte <= 0x39 ? byte & 15 : (byte & 15) + 9) & 15;
