import { jsonByte } from './json-byte.ts';

const { quote, backslash, newline, comma, colon, openObject, closeObject, openArray, closeArray } = jsonByte;

const wrapperKey = Uint8Array.from('"Records"', (character) => character.charCodeAt(0));

/** Where the bracket of `{"Records": [` is, -1 for anything else. */
export function wrappedArray(bytes: Uint8Array, from: number): number {
  const open = skipSpace(bytes, from, bytes.length);
  const key = skipSpace(bytes, open + 1, bytes.length);
  if (bytes[open] !== openObject || !wrapperKey.every((byte, index) => bytes[key + index] === byte))
    return -1;
  const separator = skipSpace(bytes, key + wrapperKey.length, bytes.length);
  const bracket = skipSpace(bytes, separator + 1, bytes.length);
  return bytes[separator] === colon && bytes[bracket] === openArray ? bracket : -1;
}

/** White space within a line. */
export const isBlank = (byte: number): boolean => byte === 0x20 || byte === 0x09 || byte === 0x0d;

/** The first place in `from..to` that is no white space, `to` where all of it is. */
export function skipSpace(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  while (at < to && (isBlank(bytes[at] as number) || bytes[at] === newline)) at += 1;
  return at;
}

/** Behind the last place in `from..to` that is no white space, `from` where all of it is. */
export function trimEnd(bytes: Uint8Array, from: number, to: number): number {
  let at = to;
  while (at > from && (isBlank(bytes[at - 1] as number) || bytes[at - 1] === newline)) at -= 1;
  return at;
}

export function endOfZeros(bytes: Uint8Array, from: number): number {
  let at = from;
  while (at < bytes.length && bytes[at] === 0) at += 1;
  return at;
}

/** Where what begins at `from` and is neither object nor array ends. A string ends at its line's end at the latest. */
export function scalarEnd(bytes: Uint8Array, from: number): number {
  let at = from;
  if (bytes[at] === quote) {
    for (at += 1; at < bytes.length && bytes[at] !== quote && bytes[at] !== newline; at += 1) {
      if (bytes[at] === backslash) at += 1;
    }
    return bytes[at] === quote ? at + 1 : Math.min(at, bytes.length);
  }
  while (at < bytes.length) {
    const byte = bytes[at] as number;
    if (byte <= 0x20 || byte === comma || byte === closeArray || byte === closeObject) break;
    at += 1;
  }
  return at;
}
