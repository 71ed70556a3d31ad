import { Buffer, isUtf8 } from 'node:buffer';
import { jsonByte } from './json-byte.ts';
import { hashOf, sameBytes, type TokenSource, tokenSource } from './json-token.ts';
import type { PathNode, PathTree } from './path-tree.ts';

/**
 * Keys of events by the node they were met in and their bytes as written, with the node they lead to. Keys that nobody asks for
 * are learned too, so that the next event with the same order of keys needs no search. Key 0 is none.
 */
export interface KeyTable {
  /** Where each key's bytes are in `source`, with the quote that ends it and the colon that nearly always follows. */
  readonly starts: Int32Array;
  readonly lengths: Int32Array;
  /** Node that a key leads to; 0 for a key that nobody asks for. */
  readonly children: Int32Array;
  /** Number of the object in which a key was met last. */
  readonly stamps: Float64Array;
  /** The key that came after this one the last time; for the first key of an object see `headOf`. */
  readonly following: Int32Array;
  readonly source: TokenSource;
  /** True once there was no room for a key: a new table should be made before the next event. */
  readonly isFull: boolean;
  headOf(node: number): number;
  /** The key whose bytes stand from `start` up to its quote at `end`; 0 when it may not be learned. */
  find(node: number, key: TokenSource, start: number, end: number): number;
  /** The node that a key leads to, without learning it. */
  childOf(node: number, key: TokenSource, start: number, end: number): number;
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

/** @param tree must not grow as long as the table is in use. */
export function createKeyTable(tree: PathTree): KeyTable {
  const { nodes } = tree;
  const wanted = nodes.flatMap((node) => [...node.children.keys()]);
  const wantedBytes = wanted.reduce((sum, key) => sum + Buffer.byteLength(key) + 2, 0);
  const maxKeys = maxOthers + wanted.length + 1;
  const slots = new Int32Array(2 ** Math.ceil(Math.log2(maxKeys * 2)));
  const hashes = new Int32Array(maxKeys);
  const parents = new Int32Array(maxKeys);
  const arena = new Uint8Array(maxOtherBytes + wantedBytes);
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
  const table: KeyTable = {
    get isFull() {
      return isFull;
    },
    starts: new Int32Array(maxKeys),
    lengths: new Int32Array(maxKeys),
    children: new Int32Array(maxKeys),
    stamps: new Float64Array(maxKeys),
    following: new Int32Array(maxKeys + nodes.length),
    source: tokenSource(arena),
    headOf: (node) => maxKeys + node,
    childOf,
    find(node, key, start, end) {
      const length = end - start;
      const hash = hashOf(key, start, end) ^ Math.imul(node + 1, 0x9e3779b1);
      const mask = slots.length - 1;
      let slot = hash & mask;
      for (;;) {
        const known = slots[slot] as number;
        if (known === 0) break;
        if (
          hashes[known] === hash &&
          parents[known] === node &&
          table.lengths[known] === length + 2 &&
          sameBytes(table.source, table.starts[known] as number, key, start, length)
        )
          return known;
        slot = (slot + 1) & mask;
      }
      // A learned key is not looked at again, so that it has to be good.
      if (!isUtf8(key.bytes.subarray(start, end))) return 0;
      const child = childOf(node, key, start, end);
      if (child <= 0 && !hasRoom(length + 2)) return 0;
      const added = count;
      count += 1;
      arena.set(key.bytes.subarray(start, end + 1), arenaEnd);
      arena[arenaEnd + length + 1] = jsonByte.colon;
      table.starts[added] = arenaEnd;
      table.lengths[added] = length + 2;
      table.children[added] = child;
      hashes[added] = hash;
      parents[added] = node;
      arenaEnd += length + 2;
      slots[slot] = added;
      return added;
    },
  };
  return table;
}

const isEscaped = (bytes: Uint8Array, start: number, end: number): boolean =>
  bytes.subarray(start, end).includes(jsonByte.backslash);

/** A key as JSON means it. */
function keyText(bytes: Uint8Array, start: number, end: number): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('utf8');
  return text.includes('\\') ? (JSON.parse(`"${text}"`) as string) : text;
}
