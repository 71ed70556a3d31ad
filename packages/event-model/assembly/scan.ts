/** Where the strings, numbers and literals of JSON end (RFC 8259). Sixteen bytes are looked at together. */

/** Facts about the values since whoever asks cleared them, as `facts` of decode-core.ts has them. */
export const isHigh: i32 = 1;
export const isCoded: i32 = 2;
export const hasExponent: i32 = 4;

export class Scan {
  /** The end of what may be read. Bytes up to 16 beyond it are looked at, and never believed. */
  static limit: usize = 0;
  static newlines: i32 = 0;
  static facts: i32 = 0;
  /** Whether the last string had a backslash. */
  static escaped: bool = false;
}

/** The next position that holds no white space. */
export function skipSpace(from: usize): usize {
  const limit = Scan.limit;
  let at = from;
  while (at < limit) {
    const byte = load<u8>(at);
    if (byte > 0x20) break;
    if (byte === 0x0a) Scan.newlines += 1;
    else if (byte !== 0x20 && byte !== 0x09 && byte !== 0x0d) break;
    at += 1;
  }
  return at;
}

/** A bit for each of 16 bytes that a string does not hold as it is: quotes, backslashes, control characters, bytes beyond ASCII. */
export function special(at: usize): i32 {
  return marksOf(v128.load(at));
}

function marksOf(bytes: v128): i32 {
  const marks = v128.or(i8x16.eq(bytes, i8x16.splat(0x22)), i8x16.eq(bytes, i8x16.splat(0x5c)));
  // With a sign, those beyond ASCII are below the space too.
  return i8x16.bitmask(v128.or(marks, i8x16.lt_s(bytes, i8x16.splat(0x20))));
}

/** The position of the quote that ends the string whose first character is at `from`; 0 when it is not a JSON string. */
export function stringEnd(from: usize): usize {
  const limit = Scan.limit;
  let at = from;
  Scan.escaped = false;
  while (at < limit) {
    const bytes = v128.load(at);
    const high = i8x16.bitmask(bytes);
    let marks = marksOf(bytes) & ~high;
    let next = at + 16;
    while (marks !== 0) {
      const first = ctz(marks);
      const place = at + first;
      if (place >= limit) return 0;
      const byte = load<u8>(place);
      if (byte === 0x22) {
        if ((high & ((1 << first) - 1)) !== 0) Scan.facts |= isHigh;
        return place;
      }
      if (byte !== 0x5c) return 0;
      Scan.escaped = true;
      const stop = escapeEnd(place, limit);
      if (stop === 0) return 0;
      if (stop >= next) {
        next = stop;
        break;
      }
      // What was escaped is no mark.
      marks &= -1 << (<i32>(stop - at));
    }
    if (high !== 0) Scan.facts |= isHigh;
    at = next;
  }
  return 0;
}

/** What may follow a backslash beside quote, slash and `u`, as bits from the backslash on: \ b f n r t. */
const letters: u32 = 0x1440441;

function escapeEnd(at: usize, limit: usize): usize {
  const letter: u32 = at + 1 < limit ? load<u8>(at + 1) : 0;
  const bit = letter - 0x5c;
  if (bit <= 24 && ((letters >>> bit) & 1) !== 0) return at + 2;
  if (letter === 0x22) return at + 2;
  if (letter === 0x2f) {
    Scan.facts |= isCoded;
    return at + 2;
  }
  if (letter !== 0x75 || at + 6 > limit) return 0;
  for (let digit = at + 2; digit < at + 6; digit += 1) if (!isHexDigit(load<u8>(digit))) return 0;
  Scan.facts |= isCoded;
  return at + 6;
}

function isHexDigit(byte: u32): bool {
  const letter = byte | 0x20;
  return byte - 0x30 <= 9 || (letter >= 0x61 && letter <= 0x66);
}

/** A bit for each of 16 bytes that is a decimal digit. */
export function digits(at: usize): i32 {
  return i8x16.bitmask(i8x16.le_u(i8x16.sub(v128.load(at), i8x16.splat(0x30)), i8x16.splat(9)));
}

/** Where the number that starts at `from` ends; 0 when it is not a JSON number. */
export function numberEnd(from: usize): usize {
  const limit = Scan.limit;
  let at = from;
  if (load<u8>(at) === 0x2d) at += 1;
  let byte = byteAt(at, limit);
  if (byte === 0x30) at += 1;
  else if (byte - 0x31 <= 8) at = digitsEnd(at + 1, limit);
  else return 0;
  byte = byteAt(at, limit);
  if (byte === 0x2e) {
    const end = digitsEnd(at + 1, limit);
    if (end === at + 1) return 0;
    at = end;
    byte = byteAt(at, limit);
  }
  if (byte === 0x65 || byte === 0x45) {
    Scan.facts |= hasExponent;
    at += 1;
    byte = byteAt(at, limit);
    if (byte === 0x2b || byte === 0x2d) at += 1;
    const end = digitsEnd(at, limit);
    if (end === at) return 0;
    at = end;
  }
  return at;
}

function byteAt(at: usize, limit: usize): u32 {
  return at < limit ? load<u8>(at) : 0;
}

function digitsEnd(from: usize, limit: usize): usize {
  let at = from;
  while (at < limit && <u32>load<u8>(at) - 0x30 <= 9) at += 1;
  return at;
}

/** Where `true`, `false` or `null` ends that starts at `at`; 0 when none does. */
export function literalEnd(at: usize): usize {
  const limit = Scan.limit;
  if (at + 4 > limit) return 0;
  const word = load<u32>(at);
  // "true" and "null" as words of four bytes, then "fals".
  if (word === 0x65757274 || word === 0x6c6c756e) return at + 4;
  return word === 0x736c6166 && at + 5 <= limit && load<u8>(at + 4) === 0x65 ? at + 5 : 0;
}
