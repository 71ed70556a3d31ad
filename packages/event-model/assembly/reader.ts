import { childOf } from './host';
import { findKey, Keys, keyStands } from './keys';
import { digits, literalEnd, numberEnd, Scan, skipSpace, special, stringEnd } from './scan';

/**
 * Reads events straight from their bytes: checks them as strictly as `JSON.parse` does, and notes where the wanted values stand.
 * 0 is given for what is no JSON within the bounds, or has something in which this reader and `JSON.parse` could differ (a wanted key
 * twice, a path through any key): then the slow way has to be gone.
 */
export class Tokens {
  /** Of each token beside each other: its node, its kind, where it starts and ends in its source. */
  static items: usize = 0;
  static filled: usize = 0;
  static end: usize = 0;
  /** By node: 1 wanted, 2 on the way to a wanted one, 4 to be walked by the slow way. */
  static roles: usize = 0;
  static maxDepth: i32 = 0;
  /** Where a byte is here, less where it is in its source. */
  static shift: usize = 0;
  /** Number of the object that was opened last. */
  static objects: i32 = 0;
  /** Whether a token is an object's text or stood in a list. */
  static hasNested: bool = false;
}

/** As `tokenKinds` of json-token.ts has them. */
const plain = 1;
const escaped = 2;
const number = 3;
const isTrue = 4;
const isFalse = 5;
const isNull = 6;
const object = 7;
/** Added to the kind of a token that stood in a list. */
const listed = 16;
/** The child of a key that is to be walked. */
const walked = -1;

export function useTokens(items: usize, count: i32, roles: usize, maxDepth: i32): void {
  Tokens.items = items;
  Tokens.end = items + ((<usize>count) << 4);
  Tokens.roles = roles;
  Tokens.maxDepth = maxDepth;
}

/** Where the object that starts at `start` ends. */
export function readEvent(start: usize): usize {
  Tokens.filled = Tokens.items;
  Tokens.hasNested = false;
  Scan.newlines = 0;
  Scan.facts = 0;
  return load<u8>(start) === 0x7b && (load<u8>(Tokens.roles) & 4) === 0 ? readObject(start + 1, 0, 1, 0) : 0;
}

/** Returns false when there is no room. */
function add(node: i32, kind: i32, start: usize, end: usize): bool {
  const at = Tokens.filled;
  if (at === Tokens.end) return false;
  const shift = Tokens.shift;
  store<i32>(at, node);
  store<i32>(at, kind, 4);
  store<usize>(at, start - shift, 8);
  store<usize>(at, end - shift, 12);
  Tokens.filled = at + 16;
  return true;
}

/** The members of the object that opened before `from`. `node` 0 at a depth beyond 1 means that nobody asks for any. */
function readObject(from: usize, node: i32, depth: i32, inList: i32): usize {
  if (depth > Tokens.maxDepth) return 0;
  Tokens.objects += 1;
  const serial = Tokens.objects;
  const end = Scan.limit;
  const following = Keys.following;
  const roles = Tokens.roles;
  let previous = Keys.heads + node;
  let at = skipSpace(from);
  if (at < end && load<u8>(at) === 0x7d) return at + 1;
  while (true) {
    if (at >= end || load<u8>(at) !== 0x22) return 0;
    at += 1;
    let key = load<i32>(following + ((<usize>previous) << 2));
    let child: i32;
    const length = <usize>load<u32>(Keys.lengths + ((<usize>key) << 2));
    if (key !== 0 && at + length <= end && keyStands(key, at, length)) {
      child = load<i32>(Keys.children + ((<usize>key) << 2));
      at += length;
    } else {
      const stop = stringEnd(at);
      if (stop === 0) return 0;
      key = findKey(node, at, stop);
      store<i32>(following + ((<usize>previous) << 2), key);
      child = key === 0 ? childOf(node, <i32>at, <i32>stop) : load<i32>(Keys.children + ((<usize>key) << 2));
      // Not learned but wanted: there is no place to note that it was met.
      if (key === 0 && child !== 0) return 0;
      at = skipSpace(stop + 1);
      if (at >= end || load<u8>(at) !== 0x3a) return 0;
      at += 1;
    }
    if (child !== 0) {
      if (child === walked) return 0;
      const stamp = Keys.stamps + ((<usize>key) << 2);
      if (load<i32>(stamp) === serial) return 0;
      store<i32>(stamp, serial);
    }
    previous = key === 0 ? Keys.heads + node : key;
    // What nearly all values are is read here.
    let byte: u32 = load<u8>(at);
    if (byte === 0x22 && inList === 0) {
      at += 1;
      const marks = special(at);
      let stop = at + ctz(marks);
      let kind = plain;
      if (marks === 0 || load<u8>(stop) !== 0x22) {
        stop = stringEnd(at);
        if (stop === 0) return 0;
        if (Scan.escaped) kind = escaped;
      }
      if ((load<u8>(roles + child) & 1) !== 0 && !add(child, kind, at, stop)) return 0;
      at = stop + 1;
    } else if (byte - 0x30 <= 9 && inList === 0) {
      const marks = ~digits(at);
      let length = ctz(marks);
      const hasZeros = byte === 0x30 && length > 1;
      byte = load<u8>(at + length);
      if (byte === 0x2e) {
        const places = ctz(marks >>> (length + 1));
        if (places > 0) length += places + 1;
        byte = load<u8>(at + length);
      }
      let stop = at + length;
      if (hasZeros || (byte !== 0x2c && byte !== 0x7d)) {
        stop = numberEnd(at);
        if (stop === 0) return 0;
      }
      if ((load<u8>(roles + child) & 1) !== 0 && !add(child, number, at, stop)) return 0;
      at = stop;
    } else {
      at = child === 0 ? skipValue(at, depth) : readValue(at, child, depth, inList);
      if (at === 0) return 0;
    }
    if (load<u8>(at) <= 0x20) at = skipSpace(at);
    if (at >= end) return 0;
    byte = load<u8>(at);
    if (byte === 0x7d) return at + 1;
    if (byte !== 0x2c) return 0;
    at += 1;
    if (load<u8>(at) <= 0x20) at = skipSpace(at);
  }
}

/** The value that starts at or after `from`, of a node that is wanted or leads to one. */
function readValue(from: usize, node: i32, depth: i32, inList: i32): usize {
  let at = skipSpace(from);
  if (at >= Scan.limit) return 0;
  const byte: u32 = load<u8>(at);
  const role = load<u8>(Tokens.roles + node);
  if (byte === 0x22) {
    at += 1;
    const end = stringEnd(at);
    if (end === 0) return 0;
    if ((role & 1) !== 0 && !add(node, (Scan.escaped ? escaped : plain) | inList, at, end)) return 0;
    return end + 1;
  }
  if (byte === 0x7b) {
    if ((role & 4) !== 0) return 0;
    const end =
      (role & 2) === 0 ? skipObject(at + 1, depth + 1) : readObject(at + 1, node, depth + 1, inList);
    if (end !== 0 && (role & 1) !== 0) {
      Tokens.hasNested = true;
      if (!add(node, object | inList, at, end)) return 0;
    }
    return end;
  }
  if (byte === 0x5b) {
    Tokens.hasNested = true;
    return readArray(at + 1, node, depth + 1);
  }
  let end: usize;
  let kind: i32;
  if (byte === 0x2d || byte - 0x30 <= 9) {
    end = numberEnd(at);
    kind = number;
  } else {
    end = literalEnd(at);
    kind = byte === 0x74 ? isTrue : byte === 0x66 ? isFalse : isNull;
  }
  if (end === 0) return 0;
  if ((role & 1) !== 0 && !add(node, kind | inList, at, end)) return 0;
  return end;
}

function readArray(from: usize, node: i32, depth: i32): usize {
  if (depth > Tokens.maxDepth) return 0;
  const limit = Scan.limit;
  let at = skipSpace(from);
  if (at < limit && load<u8>(at) === 0x5d) return at + 1;
  while (true) {
    at = readValue(at, node, depth, listed);
    if (at === 0) return 0;
    at = skipSpace(at);
    if (at >= limit) return 0;
    const byte = load<u8>(at);
    if (byte === 0x5d) return at + 1;
    if (byte !== 0x2c) return 0;
    at += 1;
  }
}

function skipValue(from: usize, depth: i32): usize {
  const at = skipSpace(from);
  if (at >= Scan.limit) return 0;
  const byte: u32 = load<u8>(at);
  if (byte === 0x22) {
    const end = stringEnd(at + 1);
    return end === 0 ? 0 : end + 1;
  }
  if (byte === 0x7b) return skipObject(at + 1, depth + 1);
  if (byte === 0x5b) return skipArray(at + 1, depth + 1);
  return byte === 0x2d || byte - 0x30 <= 9 ? numberEnd(at) : literalEnd(at);
}

function skipObject(from: usize, depth: i32): usize {
  if (depth > Tokens.maxDepth) return 0;
  const limit = Scan.limit;
  let at = skipSpace(from);
  if (at < limit && load<u8>(at) === 0x7d) return at + 1;
  while (true) {
    if (at >= limit || load<u8>(at) !== 0x22) return 0;
    at = stringEnd(at + 1);
    if (at === 0) return 0;
    at = skipSpace(at + 1);
    if (at >= limit || load<u8>(at) !== 0x3a) return 0;
    at = skipValue(at + 1, depth);
    if (at === 0) return 0;
    at = skipSpace(at);
    if (at >= limit) return 0;
    const byte = load<u8>(at);
    if (byte === 0x7d) return at + 1;
    if (byte !== 0x2c) return 0;
    at = skipSpace(at + 1);
  }
}

function skipArray(from: usize, depth: i32): usize {
  if (depth > Tokens.maxDepth) return 0;
  const limit = Scan.limit;
  let at = skipSpace(from);
  if (at < limit && load<u8>(at) === 0x5d) return at + 1;
  while (true) {
    at = skipValue(at, depth);
    if (at === 0) return 0;
    at = skipSpace(at);
    if (at >= limit) return 0;
    const byte = load<u8>(at);
    if (byte === 0x5d) return at + 1;
    if (byte !== 0x2c) return 0;
    at += 1;
  }
}
