import { Buffer } from 'node:buffer';
import type { CoreArray } from './array-memory.ts';
import type { DecodeCore } from './decode-core.ts';
import { groupByNibbles, type NibbleGroups } from './nibble-groups.ts';
import { planSamplers, type SamplerPlan, slotOf, slots } from './rare-windows.ts';

/** Texts laid out in the core's memory, where `assembly/text-scan.ts` looks for them. */
export interface TextScanner {
  /** Where it is. */
  readonly place: number;
  /** Gives the memory back. */
  release(): void;
}

/** Texts of fewer bytes are not looked for. */
export const leastText = 3;

const bundleNumbers = 3;
const textNumbers = 2;

const foldCase = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte,
);

/**
 * @param texts of ASCII in lower case, of at least `leastText` bytes
 * @param sample events such as will be scanned: what is rare is learned from them
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

  const wordsOf = (words: readonly number[]): number => {
    const kept = keep(memory.words(words.length));
    kept.set(words);
    return kept.byteOffset;
  };
  const places = new Map(texts.map((text) => [text, bytesOf(text)]));
  /** The numbers of a sampler. */
  const samplerOf = (plan: SamplerPlan): readonly number[] => {
    const filed = keep(memory.bytes(slots));
    const heads: number[] = [];
    const bundles: number[] = [];
    const entries: number[] = [];
    const bySlot = bundlesOf(plan);
    for (let slot = 0; slot < slots; slot += 1) {
      heads.push(bundles.length / bundleNumbers);
      for (const [offset, own] of bySlot.get(slot) ?? []) {
        filed[slot] = 1;
        const first = entries.length / textNumbers;
        for (const text of inOrder(own)) entries.push(places.get(text) as number, text.length);
        bundles.push(offset, first, entries.length / textNumbers);
      }
    }
    heads.push(bundles.length / bundleNumbers);
    return [filed.byteOffset, wordsOf(heads), wordsOf(bundles), plan.step, plan.factor, wordsOf(entries)];
  };
  /** Where the finder of some groups is. */
  const finderOf = ({ groups }: NibbleGroups): number => {
    const vectors = keep(memory.bytes(3 * 16));
    const starts = [0];
    const entries: number[] = [];
    for (const [group, members] of groups.entries()) {
      for (const { text: index, offset } of members) {
        const text = texts[index] as Uint8Array;
        for (let byte = 0; byte < 3; byte += 1) {
          const half = 16 * byte + ((text[offset + byte] as number) & 15);
          vectors[half] = (vectors[half] as number) | (1 << group);
        }
        entries.push(places.get(text) as number, text.length, offset);
      }
      starts.push(entries.length / 3);
    }
    return wordsOf([vectors.byteOffset, wordsOf(starts), wordsOf(entries)]);
  };

  const members = new Uint8Array(256);
  for (const text of texts) {
    for (const byte of text) {
      members[byte] = 1;
      // The other case of a letter.
      if (byte >= 0x61 && byte <= 0x7a) members[byte - 0x20] = 1;
    }
  }
  const plan = planOf(texts, sample);
  const finder = plan.groups === undefined ? 0 : finderOf(plan.groups);
  const samplers = plan.samplers.map(samplerOf);
  return {
    place: wordsOf([bytesOf(foldCase), bytesOf(members), finder, samplers.length, ...samplers.flat()]),
    release() {
      for (const array of arrays) memory.release(array);
    },
  };
}

/** The texts that have a window of some hash, by the hash and where in them the window is. */
function bundlesOf({ texts, step, factor, starts }: SamplerPlan) {
  const bySlot = new Map<number, Map<number, Uint8Array[]>>();
  for (const [index, text] of texts.entries()) {
    const start = starts[index] as number;
    for (let offset = start; offset < start + step; offset += 1) {
      const slot = slotOf(text, offset, factor);
      const byOffset = bySlot.get(slot) ?? new Map<number, Uint8Array[]>();
      bySlot.set(slot, byOffset);
      const bundle = byOffset.get(offset);
      if (bundle === undefined) byOffset.set(offset, [text]);
      else bundle.push(text);
    }
  }
  return bySlot;
}

/** Texts in order, without those that begin with another one, which is found where they stand. */
function inOrder(texts: readonly Uint8Array[]): readonly Uint8Array[] {
  const kept: Uint8Array[] = [];
  for (const text of texts.toSorted(Buffer.compare)) {
    const before = kept.at(-1);
    if (before === undefined || Buffer.compare(before, text.subarray(0, before.length)) !== 0)
      kept.push(text);
  }
  return kept;
}

interface ScanPlan {
  readonly groups?: NibbleGroups;
  readonly samplers: readonly SamplerPlan[];
}

/** Nanoseconds for a byte of an event, and for a place that has to be looked at closer; measured, and only their proportion matters. */
const cost = { placeByNibbles: 0.065, marked: 20, window: 0.6, met: 25 };

/** What takes less time for events like the sample. */
function planOf(texts: readonly Uint8Array[], sample: readonly Uint8Array[]): ScanPlan {
  const samplers = planSamplers(texts, sample);
  const groups = groupByNibbles(texts, sample);
  if (groups === undefined) return { samplers };
  const bytes = sample.reduce((sum, { length }) => sum + length, 0);
  const byNibbles = bytes * cost.placeByNibbles + groups.marked * cost.marked;
  const byWindows = samplers.reduce(
    (sum, { step, met }) => sum + (bytes * cost.window + met * cost.met) / step,
    0,
  );
  return byNibbles < byWindows ? { groups, samplers: [] } : { samplers };
}
