import { jsonByte } from './json-byte.ts';

const { quote, backslash } = jsonByte;

/** 0 for what a string holds as it is; else it has to be looked at. */
const plain = 0;
const stringClass = new Uint8Array(256);
for (let byte = 0; byte < 256; byte += 1) {
  if (byte === quote || byte === backslash || byte < 0x20 || byte >= 0x80) stringClass[byte] = 1;
}

/** Character after a backslash: 1 for one that stands alone, 2 for `u`, 0 for what JSON does not know. */
const escapeClass = new Uint8Array(256);
for (const character of '"\\/bfnrt') escapeClass[character.charCodeAt(0)] = 1;
escapeClass[0x75] = 2;

const hexDigit = new Uint8Array(256);
for (const character of '0123456789abcdefABCDEF') hexDigit[character.charCodeAt(0)] = 1;

/** Facts about the string that was scanned last, and about all values since whoever asks cleared them. */
export interface ScanFacts {
  /** Of the last string. */
  escaped: boolean;
  /** Whether any had a byte beyond ASCII. */
  high: boolean;
  /** Whether any had an escape in hexadecimal digits. */
  coded: boolean;
  /** Whether any number had an exponent. */
  exponent: boolean;
}

/**
 * Where a string first has what is not to be taken as it is: a quote, a backslash, a control character, a byte beyond ASCII; `limit`
 * where it has none. Four bytes are looked at together.
 */
export function plainEnd(bytes: Uint8Array, view: DataView, from: number, limit: number): number {
  let at = from;
  while (at + 4 <= limit) {
    const word = view.getInt32(at, true);
    const quotes = word ^ 0x22222222;
    const slashes = word ^ 0x5c5c5c5c;
    const special =
      (word |
        ((word - 0x20202020) & ~word) |
        ((quotes - 0x01010101) & ~quotes) |
        ((slashes - 0x01010101) & ~slashes)) &
      0x80808080;
    // The lowest bit that is set is right; those above it may come from borrowing.
    if (special !== 0) return at + ((31 - Math.clz32(special & -special)) >> 3);
    at += 4;
  }
  while (at < limit && stringClass[bytes[at] as number] === plain) at += 1;
  return at;
}

/** The position of the quote that ends the string whose first character is at `from`, or -1 when it is not a JSON string. */
export function stringEnd(
  bytes: Uint8Array,
  view: DataView,
  from: number,
  limit: number,
  facts: ScanFacts,
): number {
  let at = from;
  facts.escaped = false;
  for (;;) {
    at = plainEnd(bytes, view, at, limit);
    if (at >= limit) return -1;
    const byte = bytes[at] as number;
    if (byte === quote) return at;
    if (byte === backslash) {
      facts.escaped = true;
      const escapeKind = at + 1 < limit ? (escapeClass[bytes[at + 1] as number] as number) : 0;
      if (escapeKind === 1) at += 2;
      else if (escapeKind === 2 && at + 6 <= limit) {
        for (let digit = at + 2; digit < at + 6; digit += 1) {
          if (hexDigit[bytes[digit] as number] !== 1) return -1;
        }
        facts.coded = true;
        at += 6;
      } else return -1;
    } else if (byte >= 0x80) {
      facts.high = true;
      at += 1;
      while (at < limit && (bytes[at] as number) >= 0x80) at += 1;
    } else return -1;
  }
}

/** Where the number that starts at `from` ends, or -1 when it is not a JSON number. */
export function numberEnd(bytes: Uint8Array, from: number, limit: number, facts: ScanFacts): number {
  let at = from;
  if (bytes[at] === 0x2d) at += 1;
  let byte = at < limit ? (bytes[at] as number) : 0;
  if (byte === 0x30) at += 1;
  else if (byte >= 0x31 && byte <= 0x39) at = digitsEnd(bytes, at + 1, limit);
  else return -1;
  byte = at < limit ? (bytes[at] as number) : 0;
  if (byte === 0x2e) {
    const end = digitsEnd(bytes, at + 1, limit);
    if (end === at + 1) return -1;
    at = end;
    byte = at < limit ? (bytes[at] as number) : 0;
  }
  if (byte === 0x65 || byte === 0x45) {
    facts.exponent = true;
    at += 1;
    if (at < limit && (bytes[at] === 0x2b || bytes[at] === 0x2d)) at += 1;
    const end = digitsEnd(bytes, at, limit);
    if (end === at) return -1;
    at = end;
  }
  return at;
}

function digitsEnd(bytes: Uint8Array, from: number, limit: number): number {
  let at = from;
  while (at < limit) {
    const byte = bytes[at] as number;
    if (byte < 0x30 || byte > 0x39) break;
    at += 1;
  }
  return at;
}

/** Where `true`, `false` or `null` ends that starts at `from`, or -1. */
export function literalEnd(bytes: Uint8Array, from: number, limit: number): number {
  const text = bytes[from] === 0x74 ? trueText : bytes[from] === 0x66 ? falseText : nullText;
  if (from + text.length > limit) return -1;
  for (let index = 0; index < text.length; index += 1) {
    if (bytes[from + index] !== text[index]) return -1;
  }
  return from + text.length;
}

const ascii = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));
const trueText = ascii('true');
const falseText = ascii('false');
const nullText = ascii('null');
