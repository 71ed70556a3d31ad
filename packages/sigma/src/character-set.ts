/** UTF-16 code units as sorted, disjoint ranges: from, to, from, to, ... both inclusive. */
export type CharacterSet = readonly number[];

const last = 0xffff;

export function unionOf(sets: readonly CharacterSet[]): CharacterSet {
  const ranges: [number, number][] = [];
  for (const set of sets) {
    for (let index = 0; index < set.length; index += 2) ranges.push([set[index] ?? 0, set[index + 1] ?? 0]);
  }
  ranges.sort((a, b) => a[0] - b[0]);
  const merged: number[] = [];
  for (const [from, to] of ranges) {
    const end = merged.at(-1);
    if (end !== undefined && from <= end + 1) merged[merged.length - 1] = Math.max(end, to);
    else merged.push(from, to);
  }
  return merged;
}

export function complementOf(set: CharacterSet): CharacterSet {
  const ranges: number[] = [];
  let next = 0;
  for (let index = 0; index < set.length; index += 2) {
    const [from = 0, to = 0] = [set[index], set[index + 1]];
    if (from > next) ranges.push(next, from - 1);
    next = to + 1;
  }
  if (next <= last) ranges.push(next, last);
  return ranges;
}

export function hasUnit(set: CharacterSet, unit: number): boolean {
  for (let index = 0; index < set.length; index += 2) {
    if (unit < (set[index] ?? 0)) return false;
    if (unit <= (set[index + 1] ?? 0)) return true;
  }
  return false;
}

/** Characters past which a set is taken to hold both cases of its letters already. */
const maxFolded = 1_024;

/** The set with both cases of each of its letters. */
export function foldCase(set: CharacterSet): CharacterSet {
  const extra: CharacterSet[] = [set];
  let left = maxFolded;
  for (let index = 0; index < set.length && left > 0; index += 2) {
    const [from = 0, to = 0] = [set[index], set[index + 1]];
    for (let unit = from; unit <= to && left > 0; unit++, left--) {
      const character = String.fromCharCode(unit);
      for (const other of [character.toLowerCase(), character.toUpperCase()]) {
        const code = other.charCodeAt(0);
        // As in other engines, an ASCII letter is not the other case of a letter outside ASCII.
        if (other.length === 1 && code < 0x80 === unit < 0x80) extra.push([code, code]);
      }
    }
  }
  return unionOf(extra);
}

export const digits: CharacterSet = [0x30, 0x39];
export const wordCharacters: CharacterSet = [0x30, 0x39, 0x41, 0x5a, 0x5f, 0x5f, 0x61, 0x7a];
export const spaces: CharacterSet = [0x09, 0x0d, 0x20, 0x20];
export const newline: CharacterSet = [0x0a, 0x0a];
export const everything: CharacterSet = [0, last];

export const posixClasses: Readonly<Record<string, CharacterSet>> = {
  alpha: [0x41, 0x5a, 0x61, 0x7a],
  digit: digits,
  alnum: [0x30, 0x39, 0x41, 0x5a, 0x61, 0x7a],
  upper: [0x41, 0x5a],
  lower: [0x61, 0x7a],
  space: spaces,
  blank: [0x09, 0x09, 0x20, 0x20],
  punct: [0x21, 0x2f, 0x3a, 0x40, 0x5b, 0x60, 0x7b, 0x7e],
  xdigit: [0x30, 0x39, 0x41, 0x46, 0x61, 0x66],
  word: wordCharacters,
  cntrl: [0x00, 0x1f, 0x7f, 0x7f],
  print: [0x20, 0x7e],
  graph: [0x21, 0x7e],
};
