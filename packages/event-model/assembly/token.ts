/** Stretches of bytes: their hashes, and whether two are the same. `json-token.ts` has the same for JavaScript. */

class Factors {
  static ofLength: i32 = 0;
  static ofFirst: i32 = 0;
  static ofSecond: i32 = 0;
  static ofThird: i32 = 0;
  static ofLast: i32 = 0;
}

export function useFactors(ofLength: i32, ofFirst: i32, ofSecond: i32, ofThird: i32, ofLast: i32): void {
  Factors.ofLength = ofLength;
  Factors.ofFirst = ofFirst;
  Factors.ofSecond = ofSecond;
  Factors.ofThird = ofThird;
  Factors.ofLast = ofLast;
}

/** The first `length` bytes of 16, the others as 0. */
export function masked(bytes: v128, length: u32): v128 {
  const places = i8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  return v128.and(bytes, i8x16.gt_u(i8x16.splat(<i8>length), places));
}

/** The hash of a stretch of at most 16 bytes, of which `bytes` holds those beyond its length as 0. */
export function hashOfShort(bytes: v128, length: i32): i32 {
  return hashOfWords(
    length,
    i32x4.extract_lane(bytes, 0),
    i32x4.extract_lane(bytes, 1),
    i32x4.extract_lane(bytes, 2),
    i32x4.extract_lane(bytes, 3),
  );
}

function hashOfWords(length: i32, first: i32, second: i32, third: i32, last: i32): i32 {
  let hash =
    (length * Factors.ofLength) ^
    (first * Factors.ofFirst) ^
    rotl<i32>(second * Factors.ofSecond, 8) ^
    rotl<i32>(third * Factors.ofThird, 16) ^
    rotl<i32>(last * Factors.ofLast, 24);
  hash = (hash ^ (hash >>> 15)) * 0x85ebca6b;
  hash = (hash ^ (hash >>> 13)) * 0xc2b2ae35;
  hash ^= hash >>> 16;
  return hash === 0 ? 1 : hash;
}

export function hashOf(start: usize, length: u32): i32 {
  return length <= 16 ? hashOfShort(masked(v128.load(start), length), length) : hashOfLong(start, length);
}

function hashOfLong(start: usize, length: u32): i32 {
  const end = start + length;
  let at = start;
  let before = <i32>length;
  for (; end - at > 16; at += 8) {
    const first = (before ^ (before >>> 15) ^ load<i32>(at)) * Factors.ofFirst;
    before = first + load<i32>(at, 4) * Factors.ofSecond;
  }
  return hashOfWords(before, load<i32>(at), load<i32>(at, 4), load<i32>(end - 8), load<i32>(end - 4));
}

/** Whether two stretches hold the same bytes. Sixteen are compared together; up to 16 beyond either are looked at. */
export function isSame(one: usize, other: usize, length: usize): bool {
  let at: usize = 0;
  for (; at + 16 < length; at += 16)
    if (v128.any_true(v128.xor(v128.load(one + at), v128.load(other + at)))) return false;
  const difference = v128.xor(v128.load(one + at), v128.load(other + at));
  return !v128.any_true(masked(difference, <u32>(length - at)));
}
