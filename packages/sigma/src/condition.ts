import { type Position, RuleProblem } from './rule-error.ts';

/** A parsed condition. `of` names the search identifiers that a pattern such as `selection_*` stands for. */
export type Condition =
  | { readonly kind: 'search'; readonly name: string }
  | { readonly kind: 'not'; readonly of: Condition }
  | { readonly kind: 'and' | 'or'; readonly of: readonly Condition[] }
  | {
      readonly kind: 'count';
      readonly pattern: string;
      readonly atLeast: number;
      readonly names: readonly string[];
    };

const maxLength = 10_000;
const maxDepth = 64;

interface Token {
  readonly text: string;
  readonly index: number;
}

export interface ConditionScope {
  /** What the condition may name. */
  readonly names: readonly string[];
  /** Who defines the names, in messages: 'the detection'. */
  readonly definedBy: string;
  /** Place of a character of the condition, counted from its start. */
  readonly locate: (index: number) => Position;
}

/**
 * Parses a condition over the given names. Binding, from loose to tight: `or`, `and`, `not`, `x of`.
 * @throws RuleProblem with the place of the offending word.
 */
export function parseCondition(text: string, scope: ConditionScope): Condition {
  const { names, locate } = scope;
  if (text.length > maxLength)
    throw new RuleProblem('too_complex', `The condition is longer than ${maxLength} characters.`, locate(0));
  const tokens = tokenize(text);
  let next = 0;
  let depth = 0;

  const fail = (message: string, token: Token | undefined = tokens[next]): never => {
    throw new RuleProblem('invalid_condition', message, locate(token?.index ?? text.length));
  };
  const isWord = (word: string): boolean => tokens[next]?.text.toLowerCase() === word;

  const parseOr = (): Condition => parseChain('or', () => parseChain('and', parseNot));
  const parseChain = (word: 'and' | 'or', operand: () => Condition): Condition => {
    const of = [operand()];
    while (isWord(word)) {
      next++;
      of.push(operand());
    }
    const [only] = of;
    return of.length === 1 && only !== undefined ? only : { kind: word, of };
  };
  const parseNot = (): Condition => {
    if (!isWord('not')) return parsePrimary();
    if (++depth > maxDepth) fail(`The condition is nested more than ${maxDepth} levels deep.`);
    next++;
    const of = parseNot();
    depth--;
    return { kind: 'not', of };
  };
  const parsePrimary = (): Condition => {
    const token = tokens[next];
    if (token === undefined) return fail('The condition ends where a search identifier should follow.');
    if (token.text === '(') {
      if (++depth > maxDepth) fail(`The condition is nested more than ${maxDepth} levels deep.`);
      next++;
      const inner = parseOr();
      if (tokens[next]?.text !== ')') fail('A bracket is opened and not closed.', tokens[next] ?? token);
      next++;
      depth--;
      return inner;
    }
    if (token.text === ')')
      return fail('A bracket is closed that was not opened, or there is nothing inside it.');
    if (token.text === '|')
      return fail('`|` starts an aggregation, which Sigma 2 replaced: write a correlation rule instead.');
    if (tokens[next + 1]?.text.toLowerCase() === 'of') return parseCount(token);
    if (isKeyword(token.text) && !names.includes(token.text))
      return fail(`\`${token.text}\` stands where a search identifier should.`);
    next++;
    if (!names.includes(token.text))
      throw new RuleProblem('unknown_identifier', unknownText(token.text, scope), locate(token.index));
    return { kind: 'search', name: token.text };
  };
  const parseCount = (quantity: Token): Condition => {
    const pattern = tokens[next + 2];
    if (pattern === undefined || isBracket(pattern.text))
      return fail('After `of` a name, a pattern or `them` must follow.', pattern);
    const matching = pattern.text === 'them' ? names.filter(isCounted) : namesLike(pattern.text, names);
    if (matching.length === 0)
      throw new RuleProblem('unknown_identifier', unknownText(pattern.text, scope), locate(pattern.index));
    const atLeast = countOf(quantity.text, matching.length);
    if (atLeast === undefined) return fail('`of` must follow a number from 1, `any` or `all`.', quantity);
    if (atLeast > matching.length)
      return fail(
        `\`${quantity.text} of ${pattern.text}\` can never hold: it stands for ${matching.length} search identifiers.`,
        quantity,
      );
    next += 3;
    return { kind: 'count', pattern: `${quantity.text} of ${pattern.text}`, atLeast, names: matching };
  };

  if (tokens.length === 0) fail('The condition is empty.');
  const condition = parseOr();
  const rest = tokens[next];
  if (rest?.text === '|')
    fail('`|` starts an aggregation, which Sigma 2 replaced: write a correlation rule instead.');
  if (rest !== undefined) fail(`\`${rest.text}\` follows where \`and\`, \`or\` or the end should.`);
  return condition;
}

function tokenize(text: string): readonly Token[] {
  return Array.from(text.matchAll(/[()|]|[^\s()|]+/gu), (match) => ({ text: match[0], index: match.index }));
}

const isBracket = (text: string): boolean => text === '(' || text === ')' || text === '|';
const isKeyword = (text: string): boolean => ['and', 'or', 'not', 'of'].includes(text.toLowerCase());
/** By convention search identifiers that start with an underscore are not counted by `them`. */
const isCounted = (name: string): boolean => !name.startsWith('_');

function countOf(text: string, all: number): number | undefined {
  if (text.toLowerCase() === 'all') return all;
  if (text.toLowerCase() === 'any') return 1;
  return /^[1-9]\d{0,3}$/u.test(text) ? Number(text) : undefined;
}

function namesLike(pattern: string, names: readonly string[]): readonly string[] {
  const parts = pattern.split('*');
  return names.filter((name) => (pattern.startsWith('_') || isCounted(name)) && isLike(name, parts));
}

/** Whether the parts stand in a name one after another, the first at its start and the last at its end; in time linear in both. */
function isLike(name: string, parts: readonly string[]): boolean {
  const [first = '', ...others] = parts;
  const last = others.pop();
  if (last === undefined) return name === first;
  if (!name.startsWith(first) || !name.endsWith(last)) return false;
  let at = first.length;
  for (const part of others) {
    const found = name.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  return at <= name.length - last.length;
}

function unknownText(name: string, { names, definedBy }: ConditionScope): string {
  return `The condition names \`${name.slice(0, 80)}\`, which ${definedBy} does not define (it defines ${names.slice(0, 20).join(', ')}).`;
}
