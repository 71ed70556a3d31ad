import { isSame } from './token';

/**
 * Patterns over the bytes of a text, as `byte-pattern.ts` says what they mean and `core-patterns.ts` lays them out: of each piece eight
 * numbers, and behind the last piece nothing. `kind` is as there.
 */
const kind = 0;
/** 256 bytes: 1 for each byte that belongs to the class. */
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
  const stop = runEnd(load<usize>(piece, ofClass), from, bound(from, load<u32>(piece, most), limit));
  const first = load<i32>(piece, wanted);
  const isLast = load<u32>(piece, kind) === upToLast;
  for (let tries = <i32>(stop - from) - load<i32>(piece, least); tries >= 0; tries -= 1) {
    const at = isLast ? from + load<usize>(piece, least) + tries : stop - tries;
    if (first !== -1 && (at >= limit || <i32>load<u8>(at) !== first)) continue;
    // A try that failed may have begun the part elsewhere.
    Found.start = start;
    if (fits(piece + pieceSize, last, at, limit)) return true;
  }
  return false;
}

function bound(at: usize, most: u32, limit: usize): usize {
  return limit - at < <usize>most ? limit : at + most;
}

function runEnd(members: usize, from: usize, limit: usize): usize {
  let at = from;
  while (at < limit && load<u8>(members + load<u8>(at)) !== 0) at += 1;
  return at;
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
