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

/** @param texts of ASCII in lower case, of at least `leastText` bytes */
export function createTextScanner({ memory }: DecodeCore, texts: readonly Uint8Array[]): TextScanner {
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
    const factor = (0x9e3779b1 << (8 * (4 - windowBytes))) >>> 0;
    const filed = keep(memory.bytes(slots));
    const heads = keep(memory.words(slots));
    const links = keep(memory.words(own.length * step * linkNumbers));
    let count = 0;
    for (const text of own) {
      const place = bytesOf(text);
      const start = rarestPlaces(text, windowBytes, step);
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
  const head = keep(memory.words(2 + samplers.flat().length));
  head.set([bytesOf(foldCase), samplers.length, ...samplers.flat()]);
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

/** The first of so many windows in a row that together are the rarest. */
function rarestPlaces(text: Uint8Array, windowBytes: number, step: number): number {
  let best = 0;
  let least = Number.POSITIVE_INFINITY;
  for (let start = 0; start + step + windowBytes - 1 <= text.length; start += 1) {
    let sum = 0;
    for (let offset = start; offset < start + step; offset += 1) {
      let commonness = 1;
      for (let index = offset; index < offset + windowBytes; index += 1)
        commonness *= commonnessOf(text[index] ?? 0);
      sum += commonness;
    }
    if (sum < least) {
      least = sum;
      best = start;
    }
  }
  return best;
}

/** A guess that is enough to choose by: the frequent letters of English, other letters and digits, the rest. */
function commonnessOf(byte: number): number {
  const character = String.fromCharCode(byte);
  if ('etaoinsrl'.includes(character)) return 4;
  return /[a-z0-9]/u.test(character) ? 2 : 1;
}
