/** A text in its group. */
export interface GroupedText {
  /** Index of the text. */
  readonly text: number;
  /** Where in it the three bytes start by whose low halves it is looked for. */
  readonly offset: number;
}

/** Texts in groups, for `assembly/nibble-scan.ts`. */
export interface NibbleGroups {
  readonly groups: readonly (readonly GroupedText[])[];
  /** Places of the sample that are marked, where no text need stand. */
  readonly marked: number;
}

/** Of more texts so many places would be marked that each place had better not be looked at. */
const maxTexts = 64;
const groupCount = 8;
/** Bytes whose low halves are looked at. */
const span = 3;
const halves = 16;
/** How often each text is given its place anew. */
const sweeps = 3;

/**
 * Groups texts, and chooses three bytes of each, so that few places of events like the sample are marked; undefined when they are too many.
 * Greedy: text after text goes where it adds least, several times over.
 * @param texts of at least three bytes
 */
export function groupByNibbles(
  texts: readonly Uint8Array[],
  sample: readonly Uint8Array[],
): NibbleGroups | undefined {
  if (texts.length > maxTexts) return undefined;
  const rarity = countHalves(sample);
  const groups = Array.from({ length: groupCount }, () => createGroup(rarity));
  // What has the fewest places to choose from chooses first.
  const order = [...texts.keys()].sort((a, b) => (texts[a]?.length ?? 0) - (texts[b]?.length ?? 0));
  const placed = new Map<number, Group>();
  for (let sweep = 0; sweep < sweeps; sweep += 1) {
    for (const text of order) {
      placed.get(text)?.remove(text);
      placed.set(text, place(text, texts[text] as Uint8Array, groups));
    }
  }
  return {
    groups: groups.map(({ members }) => members()),
    marked: groups.reduce((sum, { marked }) => sum + marked(), 0),
  };
}

/** Puts a text where it makes the fewest more places marked. */
function place(text: number, bytes: Uint8Array, groups: readonly Group[]): Group {
  let best: { readonly group: Group; readonly offset: number; readonly more: number } | undefined;
  for (const group of groups) {
    for (let offset = 0; offset + span <= bytes.length; offset += 1) {
      const more = group.moreWith(bytes, offset);
      if (best === undefined || more < best.more) best = { group, offset, more };
    }
  }
  if (best === undefined) throw new RangeError(`A text of ${bytes.length} bytes cannot be looked for.`);
  best.group.add(text, bytes, best.offset);
  return best.group;
}

/** How often the low halves of three bytes in a row are met. */
interface Rarity {
  /** By the three halves. */
  readonly counts: Uint32Array;
  /** How often each half is met. */
  readonly single: Uint32Array;
  readonly total: number;
}

function countHalves(sample: readonly Uint8Array[]): Rarity {
  const counts = new Uint32Array(halves ** span);
  const single = new Uint32Array(halves);
  let total = 0;
  for (const bytes of sample) {
    let three = 0;
    for (let at = 0; at < bytes.length; at += 1) {
      const half = (bytes[at] as number) & (halves - 1);
      single[half] = (single[half] as number) + 1;
      three = ((three << 4) | half) & (counts.length - 1);
      if (at >= span - 1) counts[three] = (counts[three] as number) + 1;
    }
    total += bytes.length;
  }
  return { counts, single, total };
}

interface Group {
  /** Places more that would be marked with these three bytes in it. */
  moreWith(bytes: Uint8Array, offset: number): number;
  add(text: number, bytes: Uint8Array, offset: number): void;
  remove(text: number): void;
  members(): readonly GroupedText[];
  marked(): number;
}

function createGroup(rarity: Rarity): Group {
  let members: { readonly text: number; readonly offset: number; readonly halves: readonly number[] }[] = [];
  /** Of each of the three bytes the halves that are in the group, a bit each. */
  let masks: readonly number[] = [0, 0, 0];
  let marked = 0;
  const halvesAt = (bytes: Uint8Array, offset: number): readonly number[] =>
    Array.from({ length: span }, (_, index) => 1 << ((bytes[offset + index] as number) & (halves - 1)));
  const refresh = (): void => {
    masks = [0, 1, 2].map((index) => members.reduce((mask, one) => mask | (one.halves[index] as number), 0));
    marked = markedBy(masks, rarity);
  };
  return {
    moreWith(bytes, offset) {
      const wanted = halvesAt(bytes, offset);
      const joined = masks.map((mask, index) => mask | (wanted[index] as number));
      return joined.every((mask, index) => mask === masks[index]) ? 0 : markedBy(joined, rarity) - marked;
    },
    add(text, bytes, offset) {
      members.push({ text, offset, halves: halvesAt(bytes, offset) });
      refresh();
    },
    remove(text) {
      members = members.filter((one) => one.text !== text);
      refresh();
    },
    members: () => members,
    marked: () => marked,
  };
}

/**
 * Places of the sample whose three halves are among those of the masks. Beside what was met counts what would be by chance: a sample is
 * short, and what it lacks is not equally rare.
 */
function markedBy(masks: readonly number[], { counts, single, total }: Rarity): number {
  const [firsts = [], seconds = [], thirds = []] = masks.map(bitsOf);
  let met = 0;
  for (const first of firsts)
    for (const second of seconds)
      for (const third of thirds) met += counts[(first << 8) | (second << 4) | third] as number;
  const share = (of: readonly number[]): number =>
    of.reduce((sum, half) => sum + (single[half] as number), 0) / Math.max(total, 1);
  return met + total * share(firsts) * share(seconds) * share(thirds);
}

function bitsOf(mask: number): readonly number[] {
  const bits: number[] = [];
  for (let bit = 0; bit < halves; bit += 1) if ((mask & (1 << bit)) !== 0) bits.push(bit);
  return bits;
}
