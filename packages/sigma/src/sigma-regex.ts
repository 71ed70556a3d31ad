import { createAutomaton } from './regex-automaton.ts';
import { type Alternatives, requiredLiterals, shortestMatch } from './regex-literals.ts';
import { parseRegex, RegexProblem } from './regex-syntax.ts';

/** A regular expression of a rule: searched for anywhere in the value, in time in proportion to the value's length. */
export interface SigmaRegex {
  readonly source: string;
  readonly flags: string;
  /** Texts in lower case: a value that matches, put in lower case, has one of each of these lists. Empty when none is known. */
  readonly literals: readonly Alternatives[];
  test(text: string): boolean;
}

/** The expression ready to use, or a sentence that says why it cannot be. */
export function createSigmaRegex(source: string, flags: string): SigmaRegex | { readonly problem: string } {
  try {
    const node = parseRegex(source, flags);
    const test = createAutomaton(node);
    const shortest = shortestMatch(node);
    return {
      source,
      flags,
      literals: requiredLiterals(node),
      test: (text) => text.length >= shortest && test(text),
    };
  } catch (error) {
    if (!(error instanceof RegexProblem)) throw error;
    return { problem: `The regular expression cannot be used: ${error.message}` };
  }
}
