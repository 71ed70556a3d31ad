import type { CharacterSet } from './character-set.ts';
import type { RegexNode } from './regex-syntax.ts';

/** Texts in lower case of which one stands in every text that an expression matches, itself put in lower case. */
export type Alternatives = readonly string[];

/** What is known of the texts a part matches: all of them, or alternatives that each of them has one of. */
interface Known {
  readonly exact: Alternatives | undefined;
  readonly required: readonly Alternatives[];
}

const maxTexts = 16;
/** More say little that the first ones did not. */
const maxRequired = 8;
const nothing: Known = { exact: undefined, required: [] };

/** Alternatives that a text must have one of, each of them, to match; those that tell most come first. */
export function requiredLiterals(node: RegexNode): readonly Alternatives[] {
  const known = requiredOf(study(node));
  const distinct = new Map(known.map((texts) => [texts.join('\0'), texts]));
  const ranked = Array.from(distinct.values(), (texts) => Array.from(new Set(texts))).sort(
    (a, b) => worthOf(b) - worthOf(a),
  );
  // Single characters are in most values, and looking for them takes a pass of its own.
  const long = ranked.filter((texts) => texts.every((text) => text.length >= 2));
  return (long.length > 0 ? long : ranked.slice(0, 1)).slice(0, maxRequired);
}

function requiredOf({ exact, required }: Known): readonly Alternatives[] {
  return exact !== undefined && isUsable(exact) ? [exact, ...required] : required;
}

function study(node: RegexNode): Known {
  switch (node.kind) {
    case 'set':
      return { exact: lettersOf(node.set), required: [] };
    case 'assert':
      return { exact: [''], required: [] };
    case 'choice':
      return studyChoice(node.of.map(study));
    case 'sequence':
      return studySequence(node.of.map(study));
    case 'repeat': {
      if (node.min === 0) return nothing;
      const of = study(node.of);
      if (node.min === 1 && node.max === 1) return of;
      return { exact: undefined, required: requiredOf(of) };
    }
  }
}

function studyChoice(parts: readonly Known[]): Known {
  const exact = parts.flatMap((part) => part.exact ?? []);
  if (parts.every((part) => part.exact !== undefined) && exact.length <= maxTexts)
    return { exact, required: [] };
  // Of each part the alternatives that tell most; together they are alternatives of the choice.
  const best = parts.map((part) => requiredOf(part).toSorted((a, b) => worthOf(b) - worthOf(a))[0]);
  const texts = best.flatMap((part) => part ?? []);
  return best.includes(undefined) || texts.length > maxTexts * 2
    ? nothing
    : { exact: undefined, required: [texts] };
}

function studySequence(parts: readonly Known[]): Known {
  let run: Alternatives = [''];
  let whole = true;
  const required: Alternatives[] = [];
  const endRun = (): void => {
    if (isUsable(run)) required.push(run);
    run = [''];
    whole = false;
  };
  for (const part of parts) {
    if (part.exact !== undefined && run.length * part.exact.length <= maxTexts) {
      const { exact } = part;
      run = run.flatMap((start) => exact.map((end) => start + end));
      continue;
    }
    endRun();
    if (part.exact !== undefined) run = part.exact;
    required.push(...part.required);
  }
  if (whole) return { exact: run, required: [] };
  endRun();
  return { exact: undefined, required };
}

const isUsable = (texts: Alternatives): boolean => texts.length > 0 && texts.every((text) => text !== '');

const worthOf = (texts: Alternatives): number =>
  Math.min(...texts.map((text) => text.length)) - texts.length / 8;

/** The characters of a small set of ASCII characters, in lower case. */
function lettersOf(set: CharacterSet): readonly string[] | undefined {
  const letters = new Set<string>();
  for (let index = 0; index < set.length; index += 2) {
    const [from = 0, to = 0] = [set[index], set[index + 1]];
    if (to > 0x7f || to - from > 4) return undefined;
    for (let unit = from; unit <= to; unit++) letters.add(String.fromCharCode(unit).toLowerCase());
  }
  return letters.size > 0 && letters.size <= 4 ? Array.from(letters) : undefined;
}

/** Length of the shortest text that the expression matches. */
export function shortestMatch(node: RegexNode): number {
  switch (node.kind) {
    case 'set':
      return 1;
    case 'assert':
      return 0;
    case 'choice':
      return Math.min(...node.of.map(shortestMatch));
    case 'sequence':
      return node.of.reduce((sum, part) => sum + shortestMatch(part), 0);
    case 'repeat':
      return shortestMatch(node.of) * node.min;
  }
}
