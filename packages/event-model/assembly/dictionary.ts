import { hashOf, hashOfShort, isSame, masked } from './token';

/**
 * Dictionaries of values as `value-dictionary.ts` makes them. A dictionary is told by its head, numbers of four bytes in the order of
 * `dictionaryHead` there.
 */
const table = 0;
const mask = 4;
const starts = 8;
const kinds = 12;
const arena = 16;
const arenaLength = 20;
const size = 24;
const used = 28;
const capacity = 32;
const asked = 36;
const recent = 40;

const maxProbes = 24;
/** Room behind the last value. */
const slack = 32;
/** The tag of a value that stands nowhere as one token. */
const valueTag: u32 = 15;

/**
 * What a dictionary of few values keeps beside them, where it keeps it: 256 places by a hash that is made faster than the one of the
 * table, since nothing depends on how well it spreads. A place is the bytes of a short token, its tag (0 where it is free) and its code.
 */
const placeTag = 16;
const placeCode = 20;
const placeBits = 5;
/** A dictionary of more values has no use for it: `maxRecent` of value-dictionary.ts. */
const maxRecent: u32 = 128;

/** The code of a token; 0 when it is new and there is no room for it. */
export function codeOfToken(head: usize, start: usize, tag: u32): u32 {
  const length = tag >>> 4;
  const places = load<usize>(head, recent);
  if (places === 0 || length > 16 || load<u32>(head, size) > maxRecent)
    return codeOfHashed(head, start, tag, hashOf(start, length));
  const bytes = masked(v128.load(start), length);
  const place = places + placeOf(bytes);
  if (load<u32>(place, placeTag) === tag && !v128.any_true(v128.xor(v128.load(place), bytes)))
    return load<u32>(place, placeCode);
  const code = codeOfHashed(head, start, tag, hashOfShort(bytes, length));
  if (code !== 0) {
    v128.store(place, bytes);
    store<u32>(place, tag, placeTag);
    store<u32>(place, code, placeCode);
  }
  return code;
}

function placeOf(bytes: v128): usize {
  const word = i64x2.extract_lane(bytes, 0) + i64x2.extract_lane(bytes, 1);
  return (<usize>((<i32>(word ^ (word >>> 32)) * 0x9e3779b1) >>> 24)) << placeBits;
}

function codeOfHashed(head: usize, start: usize, tag: u32, hash: i32): u32 {
  const length = tag >>> 4;
  const slots = load<usize>(head, table);
  const held = load<usize>(head, arena);
  const last = load<u32>(head, mask);
  let slot = hash & last;
  for (let probe = 0; probe < maxProbes; probe += 1) {
    const at = slots + ((<usize>slot) << 4);
    const code = load<u32>(at, 4);
    if (code === 0) break;
    if (load<i32>(at) === hash && load<u32>(at, 12) === tag && isSame(held + load<u32>(at, 8), start, length))
      return code;
    slot = (slot + 1) & last;
  }
  return add(head, start, tag, hash);
}

function add(head: usize, start: usize, tag: u32, hash: i32): u32 {
  const length = tag >>> 4;
  const code = load<u32>(head, size);
  const place = load<u32>(head, used);
  if (code === load<u32>(head, capacity) || place + length + slack > load<u32>(head, arenaLength)) return 0;
  const to = load<usize>(head, arena) + place;
  if (length <= 16) v128.store(to, v128.load(start));
  else memory.copy(to, start, length);
  const slots = load<usize>(head, table);
  const last = load<u32>(head, mask);
  let slot = hash & last;
  for (let probe = 0; probe < maxProbes; probe += 1) {
    const at = slots + ((<usize>slot) << 4);
    if (load<u32>(at, 4) === 0) {
      store<i32>(at, hash);
      store<u32>(at, code, 4);
      store<u32>(at, place, 8);
      store<u32>(at, tag, 12);
      break;
    }
    slot = (slot + 1) & last;
  }
  store<u8>(load<usize>(head, kinds) + code, <u8>(tag & 15));
  store<u32>(load<usize>(head, starts) + ((<usize>code) << 2), place);
  store<u32>(load<usize>(head, starts) + ((<usize>code) << 2), place + length, 4);
  store<u32>(head, place + length, used);
  store<u32>(head, code + 1, size);
  return code;
}

/** Rows whose slots are asked of memory at once. */
const rowsAtOnce: u32 = 32;

/** Keeps what was read only to have it in the cache. */
class Touched {
  static value: u32 = 0;
}

/**
 * Writes the codes of the rows `from` to `to` of a column of spans, 0 where a row lacks the field. Returns the row it could not look up:
 * one whose value is no token, or one whose value needs room; `to` when it came to the end.
 *
 * Of some rows at once the slots are touched, then the bytes they speak of, and only then the values compared: what is not in the cache
 * is then waited for together.
 * @param shifts by row: what is added to a position in the row's source to have its place here
 */
export function lookUp(head: usize, words: usize, shifts: usize, from: u32, to: u32, codes: usize): u32 {
  if (load<usize>(head, recent) !== 0) return lookUpFew(head, words, shifts, from, to, codes);
  let row = from;
  let count = 0;
  while (row < to) {
    const end = min(row + rowsAtOnce, to);
    touch(head, words, shifts, row, end, codes);
    for (; row < end; row += 1) {
      const word = words + ((<usize>row) << 3);
      const tag = load<u32>(word, 4);
      if (tag === 0) {
        store<u32>(codes + ((<usize>row) << 2), 0);
        continue;
      }
      if (tag === valueTag) break;
      const start = load<u32>(word) + load<u32>(shifts + ((<usize>row) << 2));
      const hash = load<i32>(codes + ((<usize>row) << 2));
      const code = codeOfHashed(head, start, tag, hash);
      if (code === 0) break;
      count += 1;
      store<u32>(codes + ((<usize>row) << 2), code);
    }
    if (row < end) break;
  }
  store<u32>(head, load<u32>(head, asked) + count, asked);
  return row;
}

/** The same where all that has to be read is near. */
function lookUpFew(head: usize, words: usize, shifts: usize, from: u32, to: u32, codes: usize): u32 {
  let row = from;
  let count = 0;
  for (; row < to; row += 1) {
    const word = words + ((<usize>row) << 3);
    const tag = load<u32>(word, 4);
    let code: u32 = 0;
    if (tag !== 0) {
      if (tag === valueTag) break;
      code = codeOfToken(head, load<u32>(word) + load<u32>(shifts + ((<usize>row) << 2)), tag);
      if (code === 0) break;
      count += 1;
    }
    store<u32>(codes + ((<usize>row) << 2), code);
  }
  store<u32>(head, load<u32>(head, asked) + count, asked);
  return row;
}

/** Writes the rows' hashes where their codes will be, and reads what their look-up will read. */
function touch(head: usize, words: usize, shifts: usize, from: u32, to: u32, codes: usize): void {
  const slots = load<usize>(head, table);
  const last = load<u32>(head, mask);
  let read: u32 = 0;
  for (let row = from; row < to; row += 1) {
    const word = words + ((<usize>row) << 3);
    const tag = load<u32>(word, 4);
    if (tag === 0 || tag === valueTag) continue;
    const start = load<u32>(word) + load<u32>(shifts + ((<usize>row) << 2));
    const hash = hashOf(start, tag >>> 4);
    store<i32>(codes + ((<usize>row) << 2), hash);
    read += load<u32>(slots + ((<usize>(hash & last)) << 4), 4);
  }
  const held = load<usize>(head, arena);
  for (let row = from; row < to; row += 1) {
    const tag = load<u32>(words + ((<usize>row) << 3), 4);
    if (tag === 0 || tag === valueTag) continue;
    const hash = load<u32>(codes + ((<usize>row) << 2));
    read += load<u8>(held + load<u32>(slots + ((<usize>(hash & last)) << 4), 8));
  }
  Touched.value = read;
}
