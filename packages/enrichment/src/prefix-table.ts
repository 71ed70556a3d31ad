import { type AddressWords, maskWord, type Network } from './address.ts';
import { createWordTable, type WordTable } from './word-table.ts';

/** What the most specific network that holds an address says. */
export interface PrefixMatch {
  /** Positive. */
  readonly value: number;
  readonly length: number;
}

/**
 * Networks of both families, each with a positive 32-bit value; the longest prefix decides. A lookup asks one hash table
 * once per prefix length that occurs, longest first.
 */
export interface PrefixTable {
  readonly size: number;
  /** A network that is already there gets the new value. */
  set(network: Network, value: number): void;
  find(address: AddressWords): PrefixMatch | undefined;
}

export function createPrefixTable(): PrefixTable {
  const ipv4 = createFamily(1);
  const ipv6 = createFamily(4);
  const of = (words: AddressWords): Family => (words.length === 1 ? ipv4 : ipv6);
  return {
    get size() {
      return ipv4.table.size + ipv6.table.size;
    },
    set: ({ words, length }, value) => {
      const { table, key, lengths } = of(words);
      write(key, words, length);
      table.set(key, value);
      if (lengths.includes(length)) return;
      lengths.push(length);
      lengths.sort((a, b) => b - a);
    },
    find: (words) => {
      const { table, key, lengths } = of(words);
      for (const length of lengths) {
        write(key, words, length);
        const value = table.get(key);
        if (value !== 0) return { value, length };
      }
      return undefined;
    },
  };
}

interface Family {
  readonly table: WordTable;
  readonly lengths: number[];
  /** The words of an address, then the length of the prefix. */
  readonly key: Uint32Array;
}

function createFamily(words: number): Family {
  return { table: createWordTable(words + 1), lengths: [], key: new Uint32Array(words + 1) };
}

function write(key: Uint32Array, words: AddressWords, length: number): void {
  for (let at = 0; at < words.length; at += 1) key[at] = maskWord(words[at] ?? 0, length - 32 * at);
  key[words.length] = length;
}
