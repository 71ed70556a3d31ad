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
/** Of a text so many places are considered, those that are met least. */
const maxOffsets = 16;

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
  const choices = texts.map((bytes, text) => choicesOf(bytes, text, rarity));
  // What has the fewest places to choose from chooses first.
  const order = choices.toSorted((a, b) => a.length - b.length);
  const placed = new Map<readonly Choice[], Group>();
  for (let sweep = 0; sweep < sweeps; sweep += 1) {
    for (const choice of order) {
      placed.get(choice)?.remove(choice);
      placed.set(choice, place(choice, groups));
    }
  }
  return {
    groups: groups.map(({ members }) => members()),
    marked: groups.reduce((sum, { marked }) => sum + marked(), 0),
  };
}

/** A place of a text, and the half that each of its three bytes has, as a bit. */
interface Choice extends GroupedText {
  readonly first: number;
  readonly second: number;
  readonly third: number;
}

function choicesOf(bytes: Uint8Array, text: number, rarity: Rarity): readonly Choice[] {
  const bit = (at: number): number => 1 << ((bytes[at] as number) & (halves - 1));
  const all = Array.from({ length: bytes.length - span + 1 }, (_, offset) => {
    const choice = { text, offset, first: bit(offset), second: bit(offset + 1), third: bit(offset + 2) };
    return { choice, met: markedBy(choice.first, choice.second, choice.third, rarity) };
  });
  if (all.length > maxOffsets) all.sort((a, b) => a.met - b.met);
  return all.slice(0, maxOffsets).map(({ choice }) => choice);
}

/** Puts a text where it makes the fewest more places marked. */
function place(choices: readonly Choice[], groups: readonly Group[]): Group {
  let best: { readonly group: Group; readonly choice: Choice; readonly more: number } | undefined;
  for (const group of groups) {
    for (const choice of choices) {
      const more = group.moreWith(choice);
      if (best === undefined || more < best.more) best = { group, choice, more };
    }
  }
  if (best === undefined) throw new RangeError('A text of less than three bytes cannot be looked for.');
  best.group.add(best.choice);
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
  /** Places more that would be marked with this one in it. */
  moreWith(choice: Choice): number;
  add(choice: Choice): void;
  remove(choices: readonly Choice[]): void;
  members(): readonly GroupedText[];
  marked(): number;
}

function createGroup(rarity: Rarity): Group {
  let members: readonly Choice[] = [];
  let first = 0;
  let second = 0;
  let third = 0;
  let marked = 0;
  const use = (next: readonly Choice[]): void => {
    members = next;
    first = members.reduce((mask, one) => mask | one.first, 0);
    second = members.reduce((mask, one) => mask | one.second, 0);
    third = members.reduce((mask, one) => mask | one.third, 0);
    marked = markedBy(first, second, third, rarity);
  };
  return {
    moreWith(one) {
      const [a, b, c] = [first | one.first, second | one.second, third | one.third];
      return a === first && b === second && c === third ? 0 : markedBy(a, b, c, rarity) - marked;
    },
    add: (one) => use([...members, one]),
    remove: (choices) => use(members.filter((one) => !choices.includes(one))),
    members: () => members,
    marked: () => marked,
  };
}

/**
 * Places of the sample whose three halves are among those of the masks. Beside what was met counts what would be by chance: a sample is
 * short, and what it lacks is not equally rare.
 */
function markedBy(firsts: number, seconds: number, thirds: number, rarity: Rarity): number {
  const { counts, total } = rarity;
  let met = 0;
  for (let a = firsts; a !== 0; a &= a - 1) {
    const first = (31 - Math.clz32(a & -a)) << 8;
    for (let b = seconds; b !== 0; b &= b - 1) {
      const second = first | ((31 - Math.clz32(b & -b)) << 4);
      for (let c = thirds; c !== 0; c &= c - 1) met += counts[second | (31 - Math.clz32(c & -c))] as number;
    }
  }
  if (total === 0) return met;
  return met + shareOf(firsts, rarity) * shareOf(seconds, rarity) * shareOf(thirds, rarity) * total;
}

/** How many of the sample's bytes have one of the halves, 0 to 1. */
function shareOf(mask: number, { single, total }: Rarity): number {
  let met = 0;
  for (let rest = mask; rest !== 0; rest &= rest - 1) met += single[31 - Math.clz32(rest & -rest)] as number;
  return met / total;
}
