import { inNetwork, type Network, parseAddress } from './cidr.ts';
import type { Scalar } from './column-batch.ts';
import { type DatePart, datePartOf } from './date-part.ts';
import type { SigmaRegex } from './sigma-regex.ts';
import { matchesPattern, type TextPattern } from './text-pattern.ts';

export type Comparison = 'lt' | 'lte' | 'gt' | 'gte' | 'eq';

/** How text is made comparable before it is compared. */
export interface TextForm {
  /** Case counts; otherwise both sides are in lower case. */
  readonly cased: boolean;
  /** All dash characters of Windows command lines are one: see `foldDashes`. */
  readonly dashes: boolean;
}

/**
 * One question about one value. Text matchers hold their text in the form they compare in. A matcher that is `null`
 * holds for an absent field too; all others need a value.
 */
export type Matcher =
  | {
      readonly kind: 'exact' | 'prefix' | 'suffix' | 'contains';
      readonly text: string;
      readonly form: TextForm;
    }
  | { readonly kind: 'glob'; readonly pattern: TextPattern; readonly form: TextForm }
  | { readonly kind: 'any' }
  | { readonly kind: 'null' }
  | { readonly kind: 'exists' }
  | { readonly kind: 'regex'; readonly regex: SigmaRegex }
  | { readonly kind: 'network'; readonly network: Network }
  | {
      readonly kind: 'number';
      readonly comparison: Comparison;
      readonly than: number;
      readonly part: DatePart | undefined;
    };

/** A dash of Windows command lines: hyphen, slash, en dash, em dash, horizontal bar. */
const dashes = /[/\u2013\u2014\u2015]/gu;

export const foldDashes = (text: string): string => text.replace(dashes, '-');

/**
 * Lower case as rules compare it. The two letters outside ASCII whose lower case is an ASCII letter (the Kelvin sign, the
 * dotted capital I) stay as they are: they are not the letters that a rule means.
 */
export function lowerCase(text: string): string {
  return /[\u0130\u212a]/u.test(text)
    ? text.replace(/[^\u0130\u212a]+/gu, (part) => part.toLowerCase())
    : text.toLowerCase();
}

export function inForm(text: string, form: TextForm): string {
  const dashed = form.dashes ? foldDashes(text) : text;
  return form.cased ? dashed : lowerCase(dashed);
}

/** The number a value is or is written as; texts such as `0x1f` or an empty one are no numbers. */
export function numberOf(value: Scalar): number | undefined {
  if (typeof value === 'number') return value;
  if (
    typeof value !== 'string' ||
    value.length > 40 ||
    !/^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*$/u.test(value)
  )
    return undefined;
  return Number(value);
}

/** Asks one question of one value. The compiled engine answers the same by index; see `FieldProgram`. */
export function matchesScalar(matcher: Matcher, value: Scalar): boolean {
  if (matcher.kind === 'exists') return true;
  if (value === null) return matcher.kind === 'null';
  switch (matcher.kind) {
    case 'null':
      return false;
    case 'any':
      return true;
    case 'regex':
      return matcher.regex.test(String(value));
    case 'network': {
      const address = typeof value === 'string' ? parseAddress(value) : undefined;
      return address !== undefined && inNetwork(address, matcher.network);
    }
    case 'number': {
      const number = matcher.part === undefined ? numberOf(value) : datePartOf(value, matcher.part);
      return number !== undefined && compare(number, matcher.comparison, matcher.than);
    }
    default:
      return matchesText(matcher, inForm(String(value), matcher.form));
  }
}

export function compare(number: number, comparison: Comparison, than: number): boolean {
  if (comparison === 'eq') return number === than;
  if (comparison === 'lt') return number < than;
  if (comparison === 'lte') return number <= than;
  return comparison === 'gt' ? number > than : number >= than;
}

type TextMatcher = Extract<Matcher, { form: TextForm }>;

function matchesText(matcher: TextMatcher, text: string): boolean {
  if (matcher.kind === 'glob') return matchesPattern(matcher.pattern, text);
  if (matcher.kind === 'exact') return text === matcher.text;
  if (matcher.kind === 'prefix') return text.startsWith(matcher.text);
  return matcher.kind === 'suffix' ? text.endsWith(matcher.text) : text.includes(matcher.text);
}

/** Equal keys, equal questions. */
export function matcherKey(matcher: Matcher): string {
  if ('form' in matcher) {
    const body =
      matcher.kind === 'glob'
        ? matcher.pattern
            .map((part) => (typeof part === 'string' ? `"${part}` : (part.description ?? '')))
            .join('\u0000')
        : matcher.text;
    return `${matcher.kind}${matcher.form.cased ? 'c' : ''}${matcher.form.dashes ? 'd' : ''}:${body}`;
  }
  if (matcher.kind === 'regex') return `regex:${matcher.regex.flags}:${matcher.regex.source}`;
  if (matcher.kind === 'network')
    return `network:${matcher.network.address.join('.')}/${matcher.network.bits}`;
  if (matcher.kind === 'number') return `number:${matcher.comparison}:${matcher.than}:${matcher.part ?? ''}`;
  return matcher.kind;
}
