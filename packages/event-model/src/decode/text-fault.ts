import { jsonByte } from './json-byte.ts';

const { newline, quote, backslash, comma, minus, colon, openObject, closeObject, openArray, closeArray } =
  jsonByte;

/** What may come next, outside of strings, numbers and literals. */
const expected = {
  value: 0,
  valueOrEnd: 1,
  key: 2,
  keyOrEnd: 3,
  colon: 4,
  commaOrEnd: 5,
  nothing: 6,
} as const;
type Expected = (typeof expected)[keyof typeof expected];

/**
 * Where a text stops being one JSON value: the position of the first byte that cannot stand where it does; `to` when the text ends
 * too early, -1 when it is JSON. Bytes beyond ASCII are not looked at: see `utf8Fault`. Without recursion, so that any depth will do.
 */
export function jsonFault(bytes: Uint8Array, from: number, to: number): number {
  /** The closing brackets that are awaited. */
  const open: number[] = [];
  let next: Expected = expected.value;
  let at = from;
  const closed = (): Expected => (open.length === 0 ? expected.nothing : expected.commaOrEnd);

  while (at < to) {
    const byte = bytes[at] as number;
    if (byte === 0x20 || byte === 0x09 || byte === 0x0d || byte === newline) {
      at += 1;
      continue;
    }
    const mayEnd = next === expected.valueOrEnd || next === expected.keyOrEnd || next === expected.commaOrEnd;
    if (mayEnd && byte === open[open.length - 1]) {
      open.pop();
      next = closed();
      at += 1;
      continue;
    }
    switch (next) {
      case expected.value:
      case expected.valueOrEnd:
        if (byte === openObject || byte === openArray) {
          open.push(byte === openObject ? closeObject : closeArray);
          next = byte === openObject ? expected.keyOrEnd : expected.valueOrEnd;
          at += 1;
        } else {
          const scalar = scalarFault(bytes, at, to);
          if (scalar.fault !== -1) return scalar.fault;
          at = scalar.end;
          next = closed();
        }
        break;
      case expected.key:
      case expected.keyOrEnd: {
        if (byte !== quote) return at;
        const key = stringFault(bytes, at, to);
        if (key.fault !== -1) return key.fault;
        at = key.end;
        next = expected.colon;
        break;
      }
      case expected.colon:
        if (byte !== colon) return at;
        next = expected.value;
        at += 1;
        break;
      case expected.commaOrEnd:
        if (byte !== comma) return at;
        next = open[open.length - 1] === closeObject ? expected.key : expected.value;
        at += 1;
        break;
      default:
        return at;
    }
  }
  return next === expected.nothing ? -1 : to;
}

interface Scanned {
  readonly fault: number;
  readonly end: number;
}

function scalarFault(bytes: Uint8Array, from: number, to: number): Scanned {
  const byte = bytes[from] as number;
  if (byte === quote) return stringFault(bytes, from, to);
  if (byte === minus || isDigit(byte)) return numberFault(bytes, from, to);
  const word = words.find((known) => known[0] === byte);
  if (word === undefined) return { fault: from, end: from };
  for (let index = 1; index < word.length; index += 1) {
    const place = from + index;
    if (place >= to || bytes[place] !== word[index]) return { fault: Math.min(place, to), end: place };
  }
  return { fault: -1, end: from + word.length };
}

const words = ['true', 'false', 'null'].map((word) =>
  Uint8Array.from(word, (letter) => letter.charCodeAt(0)),
);

function stringFault(bytes: Uint8Array, from: number, to: number): Scanned {
  let at = from + 1;
  while (at < to) {
    const byte = bytes[at] as number;
    if (byte === quote) return { fault: -1, end: at + 1 };
    if (byte < 0x20) return { fault: at, end: at };
    at += 1;
    if (byte !== backslash || at >= to) continue;
    const escaped = bytes[at] as number;
    if (!escapes.includes(escaped)) return { fault: at, end: at };
    at += 1;
    if (escaped !== 0x75) continue;
    for (const end = Math.min(at + 4, to); at < end; at += 1) {
      if (!isHexDigit(bytes[at] as number)) return { fault: at, end: at };
    }
  }
  return { fault: to, end: to };
}

const escapes = Array.from('"\\/bfnrtu', (letter) => letter.charCodeAt(0));

function numberFault(bytes: Uint8Array, from: number, to: number): Scanned {
  let at = bytes[from] === minus ? from + 1 : from;
  const digits = (): boolean => {
    const first = at;
    while (at < to && isDigit(bytes[at] as number)) at += 1;
    return at > first;
  };
  if (at < to && bytes[at] === 0x30) at += 1;
  else if (!digits()) return { fault: at, end: at };
  if (at < to && bytes[at] === 0x2e) {
    at += 1;
    if (!digits()) return { fault: at, end: at };
  }
  if (at < to && ((bytes[at] as number) | 0x20) === 0x65) {
    at += 1;
    if (at < to && (bytes[at] === 0x2b || bytes[at] === minus)) at += 1;
    if (!digits()) return { fault: at, end: at };
  }
  return { fault: -1, end: at };
}

const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39;
const isHexDigit = (byte: number): boolean =>
  isDigit(byte) || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x66);

/**
 * Where bytes stop being UTF-8: the position of the first byte of the first sequence that is broken, overlong, a surrogate or past
 * U+10FFFF; -1 when all is well (Unicode 16, table 3-7).
 */
export function utf8Fault(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  while (at < to) {
    const lead = bytes[at] as number;
    let length = 1;
    let [least, most] = [0x80, 0xbf];
    if (lead >= 0x80) {
      if (lead >= 0xc2 && lead <= 0xdf) length = 2;
      else if (lead >= 0xe0 && lead <= 0xef) length = 3;
      else if (lead >= 0xf0 && lead <= 0xf4) length = 4;
      else return at;
      if (lead === 0xe0) least = 0xa0;
      else if (lead === 0xed) most = 0x9f;
      else if (lead === 0xf0) least = 0x90;
      else if (lead === 0xf4) most = 0x8f;
    }
    for (let index = 1; index < length; index += 1) {
      const byte = at + index < to ? (bytes[at + index] as number) : 0;
      if (byte < least || byte > most) return at;
      [least, most] = [0x80, 0xbf];
    }
    at += length;
  }
  return -1;
}
