import { type CharacterSet, hasUnit, newline, wordCharacters } from './character-set.ts';
import type { Assertion, RegexNode } from './regex-syntax.ts';

/** Steps of a program: consume a character of a set, go on in two places, check a place, or match. */
export interface Program {
  readonly sets: readonly (CharacterSet | undefined)[];
  readonly assertions: readonly (Assertion | undefined)[];
  readonly next: readonly number[];
  /** Second way out of a fork; -1 for other steps. */
  readonly other: readonly number[];
  readonly start: number;
}

/** The step that is a match. */
export const matchStep = 0;

/** What stands before a place, as far as assertions ask. */
export const kinds = { start: 0, word: 1, newline: 2, other: 3 } as const;

/**
 * Whether an assertion holds. `ending` is 0 at the end of the text, 1 before a newline that ends it, 2 elsewhere.
 */
export function holdsAt(assertion: Assertion, before: number, following: number, ending: number): boolean {
  switch (assertion) {
    case 'textStart':
      return before === kinds.start;
    case 'lineStart':
      return before === kinds.start || before === kinds.newline;
    case 'textEnd':
      return ending === 0;
    case 'lastLineEnd':
      return ending !== 2;
    case 'lineEnd':
      return ending !== 2 || following === kinds.newline;
    case 'boundary':
      return (before === kinds.word) !== (following === kinds.word);
    case 'noBoundary':
      return (before === kinds.word) === (following === kinds.word);
  }
}

export function assemble(node: RegexNode): Program {
  const sets: (CharacterSet | undefined)[] = [undefined];
  const assertions: (Assertion | undefined)[] = [undefined];
  const next: number[] = [matchStep];
  const other: number[] = [-1];
  const emit = (
    set: CharacterSet | undefined,
    assertion: Assertion | undefined,
    to: number,
    alternative = -1,
  ): number => {
    sets.push(set);
    assertions.push(assertion);
    other.push(alternative);
    return next.push(to) - 1;
  };
  /** Emits the steps of a node that go on to `to`; returns the first. Written from the end to the start. */
  const write = (part: RegexNode, to: number): number => {
    switch (part.kind) {
      case 'set':
        return emit(part.set, undefined, to);
      case 'assert':
        return emit(undefined, part.assertion, to);
      case 'sequence':
        return part.of.reduceRight((following, child) => write(child, following), to);
      case 'choice':
        return part.of
          .slice(0, -1)
          .reduceRight(
            (rest, child) => emit(undefined, undefined, write(child, to), rest),
            write(part.of.at(-1) ?? { kind: 'sequence', of: [] }, to),
          );
      case 'repeat':
        return writeRepeat(part, to);
    }
  };
  const writeRepeat = ({ of, min, max }: Extract<RegexNode, { kind: 'repeat' }>, to: number): number => {
    let first = to;
    if (max === Number.POSITIVE_INFINITY) {
      const fork = emit(undefined, undefined, to, to);
      next[fork] = write(of, fork);
      first = fork;
    } else {
      for (let count = min; count < max; count++) first = emit(undefined, undefined, write(of, first), to);
    }
    for (let count = 0; count < min; count++) first = write(of, first);
    return first;
  };
  const start = write(node, matchStep);
  return { sets, assertions, next, other, start };
}

export interface Classes {
  /** Classes of characters; `count` itself stands for the end, `count + 1` for a newline that ends the text. */
  readonly count: number;
  classOf(unit: number): number;
  /** Classes of the first 256 characters. */
  readonly common: Uint16Array;
  kindOf(characterClass: number): number;
  includes(step: number, characterClass: number): boolean;
}

/** Characters that no step and no assertion tells apart are one class. */
export function classify(program: Program): Classes {
  const borders = new Set<number>([0]);
  for (const set of [...program.sets, newline, wordCharacters]) {
    for (let index = 0; index < (set?.length ?? 0); index += 2) {
      borders.add(set?.[index] ?? 0);
      borders.add((set?.[index + 1] ?? 0) + 1);
    }
  }
  const starts = Array.from(borders)
    .filter((border) => border <= 0xffff)
    .sort((a, b) => a - b);
  const count = starts.length;
  const search = (unit: number): number => {
    let [low, high] = [0, count - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= unit) low = middle;
      else high = middle - 1;
    }
    return low;
  };
  const common = Uint16Array.from({ length: 256 }, (_, unit) => search(unit));
  const newlineClass = search(0x0a);
  const firstOf = (characterClass: number): number =>
    starts[characterClass === count + 1 ? newlineClass : characterClass] ?? -1;
  return {
    count,
    common,
    classOf: (unit) => (unit < 256 ? (common[unit] ?? 0) : search(unit)),
    kindOf(characterClass) {
      if (characterClass === count) return kinds.other;
      const unit = firstOf(characterClass);
      return unit === 0x0a ? kinds.newline : hasUnit(wordCharacters, unit) ? kinds.word : kinds.other;
    },
    includes(step, characterClass) {
      const set = program.sets[step];
      return characterClass !== count && set !== undefined && hasUnit(set, firstOf(characterClass));
    },
  };
}
