import { standsAsItIs } from './json-needle.ts';
import { wordsOf } from './words-of.ts';

/** Whether an escape in hexadecimal digits stands in a JSON document that means a character of needles' runs: it may be part of any. */
export function holdsDisguise(bytes: Uint8Array, start: number, end: number): boolean {
  const words = wordsOf(bytes);
  let at = start;
  for (; at + 4 <= end; at += 4) {
    const word = words.getInt32(at, true);
    const heads = word ^ escapeHead;
    const bodies = word ^ escapeBody;
    // A half that is zero borrows from above. The backslash may stand right before the word.
    if (((((heads - 0x10001) & ~heads) | ((bodies - 0x10001) & ~bodies)) & 0x80008000) === 0) continue;
    for (let place = at - 1; place < at + 3; place++) if (isDisguise(bytes, place)) return true;
  }
  // What is left is too short for an escape and the quote behind it.
  return false;
}

const backslash = 0x5c;
const letterU = 0x75;
const zero = 0x30;
/** `\\u` in both halves of a word, and `u0`: of an escape one or the other starts at an even place. */
const escapeHead = (backslash | (letterU << 8)) * 0x10001;
const escapeBody = (letterU | (zero << 8)) * 0x10001;

const isRunByte = Uint8Array.from({ length: 256 }, (_, byte) =>
  standsAsItIs(String.fromCharCode(byte), 'any') ? 1 : 0,
);

function isDisguise(bytes: Uint8Array, start: number): boolean {
  if (bytes[start] !== backslash || bytes[start + 1] !== letterU) return false;
  if (bytes[start + 2] !== zero || bytes[start + 3] !== zero) return false;
  const code = (digitOf(bytes[start + 4] ?? 0) << 4) | digitOf(bytes[start + 5] ?? 0);
  return isRunByte[code] === 1;
}

/** Of what is no digit anything will do: JSON has none such. */
const digitOf = (byte: number): number => (byte <= 0x39 ? byte & 15 : (byte & 15) + 9) & 15;
