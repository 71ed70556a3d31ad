import { isSame } from './token';

/**
 * Patterns over the bytes of a text, as `byte-pattern.ts` says what they mean and `core-patterns.ts` lays them out: of each piece eight
 * numbers, and behind the last piece nothing. `kind` is as there.
 */
const kind = 0;
/** Of a class twice sixteen bytes: for bytes below 0x80 and those from there on, by their lower half a bit for each upper half. */
const ofClass = 4;
const least = 8;
const most = 12;
/** Of texts how many, and the place and length of each; of forms how many, and where the pieces of each start and end. */
const choices = 16;
/** The byte that what follows begins with; -1 when that is not known. */
const wanted = 20;
const pieceSize: usize = 32;

const text = 1;
const run = 2;
const upToLast = 3;
const open = 5;
const close = 6;
const atEnd = 7;
const either = 8;

/** The part that was found last. */
export class Found {
  static start: usize = 0;
  static end: usize = 0;
}

/** Whether the pieces of a pattern (where they start and end) fit what stands at `start`. */
export function beginsWith(pattern: usize, start: usize, end: usize): bool {
  return fits(load<usize>(pattern), load<usize>(pattern, 4), start, end);
}

/**
 * Looks for a part and notes it in `Found`.
 * @param byFirst by first byte of the text, a list of patterns: how many there are, and where the pieces of each start and end
 */
export function findPart(byFirst: usize, start: usize, end: usize): bool {
  if (start === end) return false;
  let at = load<usize>(byFirst + ((<usize>load<u8>(start)) << 2));
  for (let left = load<u32>(at); left > 0; left -= 1) {
    if (fits(load<usize>(at, 4), load<usize>(at, 8), start, end) && Found.end > Found.start) return true;
    at += 8;
  }
  return false;
}

function fits(first: usize, last: usize, from: usize, limit: usize): bool {
  let at = from;
  for (let piece = first; piece < last; piece += pieceSize) {
    const what = load<u32>(piece, kind);
    if (what === text) {
      at = textEnd(load<usize>(piece, choices), at, limit);
      if (at === 0) return false;
    } else if (what === run) {
      let stop = runEnd(load<usize>(piece, ofClass), at, bound(at, load<u32>(piece, most), limit));
      // A bound must not cut a character of UTF-8 in two.
      while (stop > at && stop < limit && (load<u8>(stop) & 0xc0) === 0x80) stop -= 1;
      if (stop - at < load<usize>(piece, least)) return false;
      at = stop;
    } else if (what === open) Found.start = at;
    else if (what === close) Found.end = at;
    else if (what === atEnd) {
      if (at !== limit) return false;
    } else if (what === either) {
      let form = load<usize>(piece, choices);
      for (let left = load<u32>(form); left > 0; left -= 1) {
        if (fits(load<usize>(form, 4), load<usize>(form, 8), at, limit)) return true;
        form += 8;
      }
      return false;
    } else return fitsUpTo(piece, last, at, limit);
  }
  return true;
}

function fitsUpTo(piece: usize, last: usize, from: usize, limit: usize): bool {
  const start = Found.start;
  const end = runEnd(load<usize>(piece, ofClass), from, bound(from, load<u32>(piece, most), limit));
  const first = from + load<usize>(piece, least);
  const byte = load<i32>(piece, wanted);
  if (first > end) return false;
  if (load<u32>(piece, kind) === upToLast) {
    for (let at = lastPlace(byte, first, end, limit); at !== 0; at = lastPlace(byte, first, at - 1, limit)) {
      // A try that failed may have begun the part elsewhere.
      Found.start = start;
      if (fits(piece + pieceSize, last, at, limit)) return true;
    }
    return false;
  }
  for (let at = nextPlace(byte, first, end, limit); at !== 0; at = nextPlace(byte, at + 1, end, limit)) {
    Found.start = start;
    if (fits(piece + pieceSize, last, at, limit)) return true;
  }
  return false;
}

/** The last place from `first` to `end`, both among them, at which a byte stands, or anything where it is -1; 0 for none. */
function lastPlace(byte: i32, first: usize, end: usize, limit: usize): usize {
  if (end < first) return 0;
  if (byte === -1) return end;
  let to = end < limit ? end + 1 : limit;
  while (to > first) {
    let marks = i8x16.bitmask(i8x16.eq(v128.load(to - 16), i8x16.splat(<i8>byte)));
    const length = to - first;
    if (length < 16) marks &= -1 << (16 - <i32>length);
    if (marks !== 0) return to - 16 + (31 - clz(marks));
    if (length <= 16) break;
    to -= 16;
  }
  return 0;
}

/** The same for the first place. */
function nextPlace(byte: i32, first: usize, end: usize, limit: usize): usize {
  if (first > end) return 0;
  if (byte === -1) return first;
  const to = end < limit ? end + 1 : limit;
  for (let at = first; at < to; at += 16) {
    const marks = i8x16.bitmask(i8x16.eq(v128.load(at), i8x16.splat(<i8>byte)));
    if (marks === 0) continue;
    const place = at + ctz(marks);
    return place < to ? place : 0;
  }
  return 0;
}

function bound(at: usize, most: u32, limit: usize): usize {
  return limit - at < <usize>most ? limit : at + most;
}

/** Sixteen bytes are looked at together: up to as many beyond the limit, which are never believed. */
function runEnd(members: usize, from: usize, limit: usize): usize {
  const lower = v128.load(members);
  const upper = v128.load(members, 16);
  for (let at = from; at < limit; at += 16) {
    const others = ~membersOf(v128.load(at), lower, upper) & 0xffff;
    if (others !== 0) return min(at + ctz(others), limit);
  }
  return limit;
}

/** A bit for each of 16 bytes that belongs to a class. */
function membersOf(bytes: v128, lower: v128, upper: v128): i32 {
  const halves = v128.and(bytes, i8x16.splat(0x0f));
  const known = v128.bitselect(
    i8x16.swizzle(upper, halves),
    i8x16.swizzle(lower, halves),
    i8x16.lt_s(bytes, i8x16.splat(0)),
  );
  const bits = i8x16(1, 2, 4, 8, 16, 32, 64, -128, 1, 2, 4, 8, 16, 32, 64, -128);
  const own = i8x16.swizzle(bits, i8x16.shr_u(bytes, 4));
  return i8x16.bitmask(i8x16.eq(v128.and(known, own), own));
}

/** Where the first text that stands at `at` ends; 0 where none does. */
function textEnd(texts: usize, at: usize, limit: usize): usize {
  let choice = texts;
  for (let left = load<u32>(texts); left > 0; left -= 1) {
    const length = load<usize>(choice, 8);
    if (limit - at >= length && isSame(load<usize>(choice, 4), at, length)) return at + length;
    choice += 8;
  }
  return 0;
}
