import type { CoreArray } from './array-memory.ts';
import type { DecodeCore } from './decode-core.ts';

/** Texts laid out in the core's memory, where `assembly/text-scan.ts` looks for them. */
export interface TextScanner {
  /** Where it is. */
  readonly place: number;
  /** Gives the memory back. */
  release(): void;
}

/** Texts of fewer bytes are not looked for. */
export const leastText = 3;

/** Windows of three bytes start at one of any four places of texts this long; shorter ones have windows of two. */
const longText = 6;
const maxStep = 8;
/** Hashes of windows, of 13 bits: a table of them stays in the nearest cache. */
const slots = 1 << 13;
const linkNumbers = 4;

const foldCase = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte,
);

/** What windows are multiplied by, one or another: that one under which the fewest windows of events have the hash of a text's. */
const factors = [0x9e3779b1, 0x85ebca6b, 0xc2b2ae35, 0x27d4eb2f];

/**
 * @param texts of ASCII in lower case, of at least `leastText` bytes
 * @param sample events such as will be scanned: which windows are rare is learned from them
 */
export function createTextScanner(
  { memory }: DecodeCore,
  texts: readonly Uint8Array[],
  sample: readonly Uint8Array[],
): TextScanner {
  const arrays: CoreArray[] = [];
  const keep = <T extends CoreArray>(array: T): T => {
    arrays.push(array);
    return array;
  };
  const bytesOf = (bytes: Uint8Array): number => {
    const kept = keep(memory.bytes(bytes.length));
    kept.set(bytes);
    return kept.byteOffset;
  };

  /** The numbers of a sampler, for texts that all have windows of so many bytes at `step` places. */
  const sampler = (own: readonly Uint8Array[], windowBytes: number): readonly number[] => {
    const step = Math.min(maxStep, ...own.map((text) => text.length - windowBytes + 1));
    const { factor, starts } = factors
      .map((odd) => rarestWindows(own, { step, windowBytes, odd }, sample))
      .reduce((best, other) => (other.met < best.met ? other : best));
    const filed = keep(memory.bytes(slots));
    const heads = keep(memory.words(slots));
    const links = keep(memory.words(own.length * step * linkNumbers));
    let count = 0;
    for (const [index, text] of own.entries()) {
      const place = bytesOf(text);
      const start = starts[index] as number;
      for (let offset = start; offset < start + step; offset += 1) {
        const slot = slotOf(text, offset, factor);
        filed[slot] = 1;
        links.set([place, text.length, offset, heads[slot] as number], count * linkNumbers);
        count += 1;
        heads[slot] = count;
      }
    }
    return [filed.byteOffset, heads.byteOffset, links.byteOffset, step, factor];
  };

  const long = texts.filter(({ length }) => length >= longText);
  const short = texts.filter(({ length }) => length < longText);
  const samplers = [
    long.length === 0 ? [] : [sampler(long, 3)],
    short.length === 0 ? [] : [sampler(short, 2)],
  ].flat();
  const members = new Uint8Array(256);
  for (const text of texts) {
    for (const byte of text) {
      members[byte] = 1;
      // The other case of a letter.
      if (byte >= 0x61 && byte <= 0x7a) members[byte - 0x20] = 1;
    }
  }
  const head = keep(memory.words(3 + samplers.flat().length));
  head.set([bytesOf(foldCase), bytesOf(members), samplers.length, ...samplers.flat()]);
  return {
    place: head.byteOffset,
    release() {
      for (const array of arrays) memory.release(array);
    },
  };
}

/** As the core has it: the bit that tells the cases of a letter apart is set. What is behind the window does not count. */
function slotOf(text: Uint8Array, offset: number, factor: number): number {
  const word = (text[offset] ?? 0) | ((text[offset + 1] ?? 0) << 8) | ((text[offset + 2] ?? 0) << 16);
  return Math.imul(word | 0x20202020, factor) >>> 19;
}

interface Windows {
  readonly factor: number;
  /** Of each text, where the first of its `step` windows in a row starts. */
  readonly starts: readonly number[];
  /** How many windows of the sample have the hash of one of them. */
  readonly met: number;
}

/** The windows of texts that are met least among the events of a sample. */
function rarestWindows(
  texts: readonly Uint8Array[],
  { step, windowBytes, odd }: { readonly step: number; readonly windowBytes: number; readonly odd: number },
  sample: readonly Uint8Array[],
): Windows {
  const factor = (odd << (8 * (4 - windowBytes))) >>> 0;
  const counts = new Uint32Array(slots);
  for (const bytes of sample) {
    for (let at = 0; at + 4 <= bytes.length; at += 1) {
      const slot = slotOf(bytes, at, factor);
      counts[slot] = (counts[slot] as number) + 1;
    }
  }
  const filed = new Set<number>();
  const starts = texts.map((text) => {
    const windows = Array.from({ length: text.length }, (_, at) => slotOf(text, at, factor));
    const metFrom = (start: number): number =>
      windows.slice(start, start + step).reduce((sum, slot) => sum + (counts[slot] as number), 0);
    let best = 0;
    for (let start = 1; start + step + windowBytes - 1 <= text.length; start += 1)
      if (metFrom(start) < metFrom(best)) best = start;
    for (const slot of windows.slice(best, best + step)) filed.add(slot);
    return best;
  });
  let met = 0;
  for (const slot of filed) met += counts[slot] as number;
  return { factor, starts, met };
}
