/** A text to be found at one end of a value. */
export interface TrieEntry {
  readonly bytes: Uint8Array;
  readonly entry: number;
  /** Whether nothing may stand beside the text: the value is the text. */
  readonly whole: boolean;
}

/** Finds which of many texts a value starts with, or ends with, in as many steps as the longest of them that it shares. */
export interface ByteTrie {
  /** Calls `found` with the entry of each text that stands at the trie's end of `bytes[0..length)`. */
  search(bytes: Uint8Array, length: number, found: (entry: number) => void): void;
}

const multiplier = 0x9e3779b1;
const none = -1;
const noEntries: readonly number[] = [];

/**
 * `fold` says what a byte of a value is compared as; the texts are folded already. With `fromEnd` the texts are read
 * backwards from the value's end. The steps of all nodes are in one hash table, which most values leave soon.
 */
export function createByteTrie(
  entries: readonly TrieEntry[],
  { fold, fromEnd }: { readonly fold: Uint8Array; readonly fromEnd: boolean },
): ByteTrie | undefined {
  if (entries.length === 0) return undefined;
  const steps = new Map<number, number>();
  const open: (readonly number[])[] = [noEntries];
  const whole: (readonly number[])[] = [noEntries];
  for (const { bytes, entry, whole: isWhole } of entries) {
    let node = 0;
    for (let index = 0; index < bytes.length; index++) {
      const key = node * 256 + (bytes[fromEnd ? bytes.length - 1 - index : index] ?? 0);
      let next = steps.get(key);
      if (next === undefined) {
        next = open.push(noEntries) - 1;
        whole.push(noEntries);
        steps.set(key, next);
      }
      node = next;
    }
    const lists = isWhole ? whole : open;
    lists[node] = [...(lists[node] ?? noEntries), entry];
  }

  const bits = Math.max(6, Math.ceil(Math.log2((steps.size + 1) * 3)));
  const shift = 32 - bits;
  const mask = (1 << bits) - 1;
  const keys = new Int32Array(1 << bits).fill(none);
  const nexts = new Int32Array(1 << bits);
  for (const [key, next] of steps) {
    let slot = Math.imul(key, multiplier) >>> shift;
    while (keys[slot] !== none) slot = (slot + 1) & mask;
    keys[slot] = key;
    nexts[slot] = next;
  }
  const openOf = flatten(open);
  const wholeOf = flatten(whole);

  return {
    search(bytes, length, found) {
      const direction = fromEnd ? -1 : 1;
      let at = fromEnd ? length - 1 : 0;
      let node = 0;
      for (let left = length; ; left--) {
        for (let index = openOf.starts[node] ?? 0; index < (openOf.starts[node + 1] ?? 0); index++)
          found(openOf.entries[index] ?? 0);
        if (left === 0) break;
        const key = node * 256 + (fold[bytes[at] ?? 0] ?? 0);
        let slot = Math.imul(key, multiplier) >>> shift;
        while (keys[slot] !== key) {
          if (keys[slot] === none) return;
          slot = (slot + 1) & mask;
        }
        node = nexts[slot] ?? 0;
        at += direction;
      }
      for (let index = wholeOf.starts[node] ?? 0; index < (wholeOf.starts[node + 1] ?? 0); index++)
        found(wholeOf.entries[index] ?? 0);
    },
  };
}

interface Lists {
  /** Where the list of each node starts in `entries`; one more at the end. */
  readonly starts: Int32Array;
  readonly entries: Int32Array;
}

function flatten(lists: readonly (readonly number[])[]): Lists {
  const starts = new Int32Array(lists.length + 1);
  for (const [index, list] of lists.entries()) starts[index + 1] = (starts[index] ?? 0) + list.length;
  return { starts, entries: Int32Array.from(lists.flat()) };
}
