import { Buffer, isUtf8 } from 'node:buffer';
import type { DecodeCore } from './core/decode-core.ts';
import { jsonByte } from './json-byte.ts';
import { hashOf, type TokenSource } from './json-token.ts';
import type { PathNode, PathTree } from './path-tree.ts';

/**
 * Keys of events by the node they were met in and their bytes as written, with the node they lead to. Keys that nobody asks for
 * are learned too, so that the next event with the same order of keys needs no search. The core finds them (`assembly/keys.ts`), here they
 * are learned. Key 0 is none.
 */
export interface KeyTable {
  /** True once there was no room for a key: a new table should be made before the next event. */
  readonly isFull: boolean;
  /** Tells the core to use this table. */
  use(): void;
  /**
   * Learns the key whose bytes stand from `start` up to its quote at `end`, which is none of those that were learned. 0 when it may
   * not be learned.
   */
  learn(node: number, key: TokenSource, start: number, end: number): number;
  /** The node that a key leads to, without learning it. */
  childOf(node: number, key: TokenSource, start: number, end: number): number;
  /** Gives the memory back. */
  release(): void;
}

/**
 * Stands for the node of a wanted key that is a whole number or is written with escapes. JavaScript objects keep whole numbers before
 * all other keys, whatever the order of the text; and an escaped key may be the same as another. So only a walk over the parsed
 * event meets them in the right order, and each once.
 */
export const walkedKey = -1;

const wholeNumber = /^(?:0|[1-9]\d{0,9})$/;

/** Other keys than the wanted ones are learned up to here: events with keys at random must not make this grow. */
const maxOthers = 8_192;
const maxOtherBytes = maxOthers * 48;
const maxKeyBytes = 256;
/** Bytes beyond a key that may be looked at. */
const slack = 32;

/** @param tree must not grow as long as the table is in use. */
export function createKeyTable(tree: PathTree, { calls, memory }: DecodeCore): KeyTable {
  const { nodes } = tree;
  const wanted = nodes.flatMap((node) => [...node.children.keys()]);
  const wantedBytes = wanted.reduce((sum, key) => sum + Buffer.byteLength(key) + 2, 0);
  const maxKeys = maxOthers + wanted.length + 1;
  const slots = memory.ints(2 ** Math.ceil(Math.log2(maxKeys * 2)));
  const hashes = memory.ints(maxKeys);
  const parents = memory.ints(maxKeys);
  /** Where each key's bytes are, with the quote that ends it and the colon that nearly always follows. */
  const starts = memory.words(maxKeys);
  const lengths = memory.words(maxKeys);
  /** Node that a key leads to; 0 for a key that nobody asks for. */
  const children = memory.ints(maxKeys);
  const stamps = memory.ints(maxKeys);
  /** The key that came after each the last time, and behind them the first one of the objects of each node. */
  const following = memory.ints(maxKeys + nodes.length);
  const arena = memory.bytes(maxOtherBytes + wantedBytes + slack);
  let arenaEnd = 0;
  let count = 1;
  let others = 0;
  let otherBytes = 0;
  let isFull = false;

  const childOf = (node: number, key: TokenSource, start: number, end: number): number => {
    const text = keyText(key.bytes, start, end);
    const child = (nodes[node] as PathNode).children.get(text);
    if (child === undefined) return 0;
    return wholeNumber.test(text) || isEscaped(key.bytes, start, end) ? walkedKey : child.id;
  };
  /** Whether there is room for a key that nobody asks for. There always is for one that somebody does. */
  const hasRoom = (bytes: number): boolean => {
    if (bytes > maxKeyBytes) return false;
    if (others === maxOthers || otherBytes + bytes > maxOtherBytes) isFull = true;
    else {
      others += 1;
      otherBytes += bytes;
    }
    return !isFull;
  };
  return {
    get isFull() {
      return isFull;
    },
    childOf,
    use() {
      calls.useKeys(
        starts.byteOffset,
        lengths.byteOffset,
        children.byteOffset,
        stamps.byteOffset,
        following.byteOffset,
        arena.byteOffset,
        slots.byteOffset,
        slots.length - 1,
        hashes.byteOffset,
        parents.byteOffset,
        maxKeys,
      );
    },
    learn(node, key, start, end) {
      const length = end - start;
      // A learned key is not looked at again, so that it has to be good.
      if (!isUtf8(key.bytes.subarray(start, end))) return 0;
      const child = childOf(node, key, start, end);
      if (child <= 0 && !hasRoom(length + 2)) return 0;
      const hash = hashOf(key, start, end) ^ Math.imul(node + 1, 0x9e3779b1);
      const mask = slots.length - 1;
      let slot = hash & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      const added = count;
      count += 1;
      arena.set(key.bytes.subarray(start, end + 1), arenaEnd);
      arena[arenaEnd + length + 1] = jsonByte.colon;
      starts[added] = arenaEnd;
      lengths[added] = length + 2;
      children[added] = child;
      hashes[added] = hash;
      parents[added] = node;
      arenaEnd += length + 2;
      slots[slot] = added;
      return added;
    },
    release() {
      for (const array of [slots, hashes, parents, starts, lengths, children, stamps, following, arena])
        memory.release(array);
    },
  };
}

const isEscaped = (bytes: Uint8Array, start: number, end: number): boolean =>
  bytes.subarray(start, end).includes(jsonByte.backslash);

/** A key as JSON means it. */
function keyText(bytes: Uint8Array, start: number, end: number): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('utf8');
  return text.includes('\\') ? (JSON.parse(`"${text}"`) as string) : text;
}
