import type { CharacterSet } from './character-set.ts';
import type { RegexNode } from './regex-syntax.ts';

/** What is known of the texts a part matches: all of them, or texts of which one stands in each of them. */
interface Known {
  readonly exact: readonly string[] | undefined;
  readonly required: readonly string[] | undefined;
}

const maxTexts = 16;
const nothing: Known = { exact: undefined, required: undefined };

/** Texts in lower case of which one stands in every text that the expression matches, itself put in lower case. */
export function requiredLiterals(node: RegexNode): readonly string[] | undefined {
  const known = study(node);
  const texts = better(usable(known.exact), known.required);
  return texts === undefined ? undefined : Array.from(new Set(texts));
}

function study(node: RegexNode): Known {
  switch (node.kind) {
    case 'set':
      return { exact: lettersOf(node.set), required: undefined };
    case 'assert':
      return { exact: [''], required: undefined };
    case 'choice':
      return studyChoice(node.of.map(study));
    case 'sequence':
      return studySequence(node.of.map(study));
    case 'repeat': {
      if (node.min === 0) return nothing;
      const of = study(node.of);
      if (node.min === 1 && node.max === 1) return of;
      return { exact: undefined, required: better(usable(of.exact), of.required) };
    }
  }
}

function studyChoice(parts: readonly Known[]): Known {
  const exact = parts.flatMap((part) => part.exact ?? []);
  if (parts.every((part) => part.exact !== undefined) && exact.length <= maxTexts)
    return { exact, required: undefined };
  const required = parts.map((part) => better(usable(part.exact), part.required));
  if (required.includes(undefined)) return nothing;
  const texts = required.flatMap((part) => part ?? []);
  return { exact: undefined, required: texts.length <= maxTexts * 2 ? texts : undefined };
}

function studySequence(parts: readonly Known[]): Known {
  let run: readonly string[] = [''];
  let best: readonly string[] | undefined;
  let whole = true;
  const breakRun = (): void => {
    best = better(best, usable(run));
    run = [''];
    whole = false;
  };
  for (const part of parts) {
    if (part.exact !== undefined && run.length * part.exact.length <= maxTexts) {
      const { exact } = part;
      run = run.flatMap((start) => exact.map((end) => start + end));
      continue;
    }
    breakRun();
    if (part.exact !== undefined) run = part.exact;
    best = better(best, part.required);
  }
  return whole
    ? { exact: run, required: undefined }
    : { exact: undefined, required: better(best, usable(run)) };
}

/** Single characters are in too many values to look for. */
function usable(texts: readonly string[] | undefined): readonly string[] | undefined {
  return texts !== undefined && texts.length > 0 && texts.every((text) => text.length >= 2)
    ? texts
    : undefined;
}

function better(
  a: readonly string[] | undefined,
  b: readonly string[] | undefined,
): readonly string[] | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  const shortest = (texts: readonly string[]): number =>
    Math.min(...texts.map((text) => text.length)) - texts.length / 8;
  return shortest(b) > shortest(a) ? b : a;
}

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
