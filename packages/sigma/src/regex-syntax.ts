import {
  type CharacterSet,
  complementOf,
  digits,
  everything,
  foldCase,
  newline,
  posixClasses,
  spaces,
  unionOf,
  wordCharacters,
} from './character-set.ts';

/** A place in the text that a regular expression asks about. */
export type Assertion =
  | 'textStart'
  | 'lineStart'
  | 'textEnd'
  | 'lastLineEnd'
  | 'lineEnd'
  | 'boundary'
  | 'noBoundary';

export type RegexNode =
  | { readonly kind: 'set'; readonly set: CharacterSet }
  | { readonly kind: 'sequence' | 'choice'; readonly of: readonly RegexNode[] }
  | { readonly kind: 'repeat'; readonly of: RegexNode; readonly min: number; readonly max: number }
  | { readonly kind: 'assert'; readonly assertion: Assertion };

/** What a regular expression uses that cannot be matched here, as a sentence. */
export class RegexProblem extends Error {}

interface Flags {
  readonly i: boolean;
  readonly m: boolean;
  readonly s: boolean;
}

const maxLength = 10_000;
const maxDepth = 100;
const maxRepeat = 1_000;

/**
 * Parses the part of PCRE that can be matched in linear time: no look-around, back references or possessive groups,
 * which Sigma 2 does not allow either. @throws RegexProblem
 */
export function parseRegex(source: string, flags: string): RegexNode {
  if (source.length > maxLength) throw new RegexProblem(`It is longer than ${maxLength} characters.`);
  let at = 0;
  let depth = 0;

  const peek = (text: string): boolean => source.startsWith(text, at);
  const take = (text: string): boolean => {
    if (!peek(text)) return false;
    at += text.length;
    return true;
  };

  const parseChoice = (given: Flags): RegexNode => {
    if (++depth > maxDepth) throw new RegexProblem(`Groups are nested more than ${maxDepth} levels deep.`);
    let active = given;
    const choices: RegexNode[] = [];
    let sequence: RegexNode[] = [];
    while (at < source.length && !peek(')')) {
      if (take('|')) {
        choices.push({ kind: 'sequence', of: sequence });
        sequence = [];
        continue;
      }
      const inline = /^\(\?([a-z]*)(?:-([a-z]+))?\)/u.exec(source.slice(at, at + 20));
      if (inline !== null) {
        at += inline[0].length;
        active = withFlags(active, inline[1] ?? '', inline[2] ?? '');
        continue;
      }
      const node = parseAtom(active);
      sequence.push(parseQuantifier(node));
    }
    depth--;
    choices.push({ kind: 'sequence', of: sequence });
    const [only] = choices;
    return choices.length === 1 && only !== undefined ? only : { kind: 'choice', of: choices };
  };

  const parseAtom = (active: Flags): RegexNode => {
    const character = source.charAt(at);
    if (character === '(') return parseGroup(active);
    if (character === '[') return setNode(parseClass(), active);
    if (character === '\\') return parseEscape(active);
    if (character === '*' || character === '+' || character === '?')
      throw new RegexProblem(`\`${character}\` at ${at} repeats nothing.`);
    at++;
    if (character === '.') return { kind: 'set', set: active.s ? everything : complementOf(newline) };
    if (character === '^') return { kind: 'assert', assertion: active.m ? 'lineStart' : 'textStart' };
    if (character === '$') return { kind: 'assert', assertion: active.m ? 'lineEnd' : 'lastLineEnd' };
    return setNode(unit(character), active);
  };

  const parseGroup = (active: Flags): RegexNode => {
    const start = at;
    at++;
    let inner = active;
    const named = /^\?(?:P?<[A-Za-z_]\w*>|'[A-Za-z_]\w*')/u.exec(source.slice(at, at + 80));
    const flagged = /^\?([a-z]*)(?:-([a-z]+))?:/u.exec(source.slice(at, at + 20));
    if (named !== null) at += named[0].length;
    else if (flagged !== null) {
      at += flagged[0].length;
      inner = withFlags(active, flagged[1] ?? '', flagged[2] ?? '');
    } else if (peek('?') || peek('*')) {
      throw new RegexProblem(
        `\`${source.slice(start, start + 4)}\` at ${start} is not supported: look-around, conditions and atomic groups are not part of Sigma's regular expressions.`,
      );
    }
    const node = parseChoice(inner);
    if (!take(')')) throw new RegexProblem(`The group at ${start} is not closed.`);
    return node;
  };

  const parseQuantifier = (node: RegexNode, repetitions = 0): RegexNode => {
    if (repetitions > maxDepth)
      throw new RegexProblem(`The repetition at ${at} repeats more than ${maxDepth} others.`);
    const start = at;
    const range = /^\{(\d+)(,?)(\d*)\}/u.exec(source.slice(at, at + 20));
    let min: number;
    let max: number;
    if (take('*')) [min, max] = [0, Number.POSITIVE_INFINITY];
    else if (take('+')) [min, max] = [1, Number.POSITIVE_INFINITY];
    else if (take('?')) [min, max] = [0, 1];
    else if (range !== null) {
      at += range[0].length;
      min = Number(range[1]);
      max = range[2] === '' ? min : range[3] === '' ? Number.POSITIVE_INFINITY : Number(range[3]);
    } else return node;
    if (max < min) throw new RegexProblem(`The repetition at ${start} ends below where it starts.`);
    if (min > maxRepeat || (max !== Number.POSITIVE_INFINITY && max > maxRepeat))
      throw new RegexProblem(`The repetition at ${start} is above ${maxRepeat}.`);
    if (peek('+')) throw new RegexProblem(`The possessive repetition at ${start} is not supported.`);
    // Whether a repetition is lazy changes what is captured, never whether there is a match.
    take('?');
    if (node.kind === 'assert') return min === 0 ? { kind: 'sequence', of: [] } : node;
    const repeated: RegexNode = { kind: 'repeat', of: node, min, max };
    return at < source.length && /^(?:[*+?]|\{\d)/u.test(source.slice(at, at + 2))
      ? parseQuantifier(repeated, repetitions + 1)
      : repeated;
  };

  const parseEscape = (active: Flags): RegexNode => {
    const start = at;
    const letter = source.charAt(at + 1);
    const assertion = assertions[letter];
    if (assertion !== undefined) {
      at += 2;
      return { kind: 'assert', assertion };
    }
    if (letter === 'Q') {
      const end = source.indexOf('\\E', at + 2);
      const quoted = source.slice(at + 2, end === -1 ? source.length : end);
      at = end === -1 ? source.length : end + 2;
      return {
        kind: 'sequence',
        of: Array.from({ length: quoted.length }, (_, index) => setNode(unit(quoted.charAt(index)), active)),
      };
    }
    if (/[1-9gkGXCpPRK]/u.test(letter))
      throw new RegexProblem(`\`\\${letter}\` at ${start} is not supported in Sigma's regular expressions.`);
    return setNode(parseEscapedSet(), active);
  };

  const parseEscapedSet = (): CharacterSet => {
    const start = at;
    at++;
    if (at >= source.length) throw new RegexProblem('It ends with a single backslash.');
    const letter = source.charAt(at++);
    const named = escapedSets[letter];
    if (named !== undefined) return named;
    const hex =
      letter === 'x' || letter === 'u'
        ? /^(?:[xu]\{([\dA-Fa-f]{1,4})\}|x([\dA-Fa-f]{1,2})|u([\dA-Fa-f]{4}))/u.exec(
            source.slice(at - 1, at + 7),
          )
        : null;
    if (hex !== null) {
      at += hex[0].length - 1;
      const code = Number.parseInt(hex[1] ?? hex[2] ?? hex[3] ?? '0', 16);
      return [code, code];
    }
    if (letter === '0') return [0, 0];
    if (/[A-Za-z1-9]/u.test(letter))
      throw new RegexProblem(`\`\\${letter}\` at ${start} is not supported in Sigma's regular expressions.`);
    return unit(letter);
  };

  const parseClass = (): CharacterSet => {
    const start = at;
    at++;
    const negated = take('^');
    const sets: CharacterSet[] = [];
    // A bracket that closes straight away is a member.
    do {
      if (at >= source.length) throw new RegexProblem(`The character class at ${start} is not closed.`);
      const posix = /^\[:(\^?)([a-z]+):\]/u.exec(source.slice(at, at + 16));
      const named = posix === null ? undefined : posixClasses[posix[2] ?? ''];
      if (posix !== null && named !== undefined) {
        at += posix[0].length;
        sets.push(posix[1] === '^' ? complementOf(named) : named);
        continue;
      }
      const from = parseClassMember();
      if (peek('-') && at + 1 < source.length && source.charAt(at + 1) !== ']' && isUnit(from)) {
        at++;
        const to = parseClassMember();
        if (!isUnit(to)) sets.push(from, unit('-'), to);
        else if ((to[0] ?? 0) < (from[0] ?? 0))
          throw new RegexProblem(`A range in the character class at ${start} ends below where it starts.`);
        else sets.push([from[0] ?? 0, to[0] ?? 0]);
      } else sets.push(from);
    } while (!peek(']'));
    at++;
    const set = unionOf(sets);
    return negated ? [-1, ...set] : set;
  };

  const parseClassMember = (): CharacterSet => {
    if (!peek('\\')) return unit(source.charAt(at++));
    if (source.charAt(at + 1) === 'b') {
      at += 2;
      return [8, 8];
    }
    return parseEscapedSet();
  };

  const initial: Flags = { i: flags.includes('i'), m: flags.includes('m'), s: flags.includes('s') };
  const node = parseChoice(initial);
  if (at < source.length) throw new RegexProblem(`The bracket closed at ${at} was not opened.`);
  return node;
}

/** A class that is negated is marked by a leading -1, so that its case is folded before it is turned round. */
function setNode(set: CharacterSet, flags: Flags): RegexNode {
  const negated = set[0] === -1;
  const plain = negated ? set.slice(1) : set;
  const folded = flags.i ? foldCase(plain) : plain;
  return { kind: 'set', set: negated ? complementOf(folded) : folded };
}

const unit = (character: string): CharacterSet => [character.charCodeAt(0), character.charCodeAt(0)];
const isUnit = (set: CharacterSet): boolean => set.length === 2 && set[0] === set[1];

function withFlags(flags: Flags, on: string, off: string): Flags {
  for (const letter of on + off) {
    if (!'ims'.includes(letter))
      throw new RegexProblem(`The inline flag \`${letter}\` is not supported; i, m and s are.`);
  }
  const value = (letter: 'i' | 'm' | 's'): boolean =>
    (on.includes(letter) || flags[letter]) && !off.includes(letter);
  return { i: value('i'), m: value('m'), s: value('s') };
}

const assertions: Readonly<Record<string, Assertion>> = {
  b: 'boundary',
  B: 'noBoundary',
  A: 'textStart',
  z: 'textEnd',
  Z: 'lastLineEnd',
};

const escapedSets: Readonly<Record<string, CharacterSet>> = {
  d: digits,
  D: complementOf(digits),
  w: wordCharacters,
  W: complementOf(wordCharacters),
  s: spaces,
  S: complementOf(spaces),
  h: [0x09, 0x09, 0x20, 0x20],
  n: newline,
  r: [0x0d, 0x0d],
  t: [0x09, 0x09],
  f: [0x0c, 0x0c],
  v: [0x0b, 0x0b],
  a: [0x07, 0x07],
  e: [0x1b, 0x1b],
};
