import { learnKey } from './host';
import { hashOf, isSame } from './token';

/**
 * The keys that were learned (`key-table.ts` makes the arrays and learns): their bytes with the quote and the colon behind them, the node
 * they lead to, and the key that came after each the last time.
 */
export class Keys {
  static starts: usize = 0;
  static lengths: usize = 0;
  static children: usize = 0;
  /** Number of the object in which a key was met last. */
  static stamps: usize = 0;
  static following: usize = 0;
  static bytes: usize = 0;
  static slots: usize = 0;
  static mask: i32 = 0;
  static hashes: usize = 0;
  static parents: usize = 0;
  /** Added to a node: its place in `following` for the first key of an object. */
  static heads: i32 = 0;
}

export function useKeys(
  starts: usize,
  lengths: usize,
  children: usize,
  stamps: usize,
  following: usize,
  bytes: usize,
  slots: usize,
  mask: i32,
  hashes: usize,
  parents: usize,
  heads: i32,
): void {
  Keys.starts = starts;
  Keys.lengths = lengths;
  Keys.children = children;
  Keys.stamps = stamps;
  Keys.following = following;
  Keys.bytes = bytes;
  Keys.slots = slots;
  Keys.mask = mask;
  Keys.hashes = hashes;
  Keys.parents = parents;
  Keys.heads = heads;
}

/** Whether the key stands at `at`, with its quote and colon. */
export function keyStands(key: i32, at: usize, length: usize): bool {
  const start = Keys.bytes + load<u32>(Keys.starts + ((<usize>key) << 2));
  if (length <= 16) {
    const same = i8x16.bitmask(i8x16.eq(v128.load(start), v128.load(at)));
    return (~same & ((1 << (<i32>length)) - 1)) === 0;
  }
  return isSame(start, at, length);
}

/** The number of the key from `start` up to its quote at `end`, learned when it is new; 0 when it may not be learned. */
export function findKey(node: i32, start: usize, end: usize): i32 {
  const length = <u32>(end - start);
  const hash = hashOf(start, length) ^ ((node + 1) * 0x9e3779b1);
  let slot = hash & Keys.mask;
  while (true) {
    const known = load<i32>(Keys.slots + ((<usize>slot) << 2));
    if (known === 0) break;
    const at = (<usize>known) << 2;
    if (
      load<i32>(Keys.hashes + at) === hash &&
      load<i32>(Keys.parents + at) === node &&
      load<u32>(Keys.lengths + at) === length + 2 &&
      isSame(Keys.bytes + load<u32>(Keys.starts + at), start, length)
    )
      return known;
    slot = (slot + 1) & Keys.mask;
  }
  return learnKey(node, <i32>start, <i32>end);
}
