import type { FieldValue, Scalar } from '../column-batch.ts';
import type { Condition } from '../condition.ts';
import type { DetectionItem, DetectionNode, SigmaRule } from '../sigma-rule.ts';
import { type EventObject, fieldValue, singleEvent } from '../single-event.ts';

/**
 * The specification written down with no thought of speed: each value of each rule is asked of each event. What the
 * compiled engine answers must be the same.
 */
export function naiveMatches(
  rule: SigmaRule,
  event: EventObject,
  placeholders: Record<string, readonly (string | number)[]> = {},
): boolean {
  const search = (node: DetectionNode): boolean => {
    if (node.kind === 'item') return itemHolds(node.item, event, placeholders);
    return node.kind === 'all' ? node.of.every(search) : node.of.some(search);
  };
  const named = (name: string): boolean => {
    const node = rule.detection.searches.get(name);
    if (node === undefined) throw new Error(name);
    return search(node);
  };
  const condition = (part: Condition): boolean => {
    if (part.kind === 'search') return named(part.name);
    if (part.kind === 'not') return !condition(part.of);
    if (part.kind === 'and') return part.of.every(condition);
    if (part.kind === 'count') return part.names.filter(named).length >= part.atLeast;
    return part.of.some(condition);
  };
  return rule.detection.conditions.some(condition);
}

type Predicate = (value: Scalar) => boolean;

function itemHolds(
  item: DetectionItem,
  event: EventObject,
  placeholders: Record<string, readonly (string | number)[]>,
): boolean {
  const { modifiers } = item;
  const actual =
    item.field === undefined ? Array.from(singleEvent(event).values(0)) : fieldValue(event, item.field);
  const elements: readonly Scalar[] | undefined =
    actual === undefined ? undefined : Array.isArray(actual) ? actual : [actual as Scalar];
  if (modifiers.includes('exists')) return (elements !== undefined) === item.values[0];
  const answers = item.values.map((value) => {
    if (modifiers.includes('fieldref'))
      return referenceHolds(elements, fieldValue(event, String(value)), modifiers);
    if (value === null) return elements === undefined || elements.includes(null);
    const predicates = predicatesOf(value, item, placeholders);
    return (elements ?? []).some((element) => predicates.some((predicate) => predicate(element)));
  });
  const held = modifiers.includes('all') ? answers.every(Boolean) : answers.some(Boolean);
  return modifiers.includes('neq') ? !held : held;
}

function referenceHolds(
  left: readonly Scalar[] | undefined,
  right: FieldValue | undefined,
  modifiers: readonly string[],
): boolean {
  const rights: readonly Scalar[] =
    right === undefined ? [] : Array.isArray(right) ? right : [right as Scalar];
  const text = (value: Scalar): string =>
    modifiers.includes('cased') ? String(value) : String(value).toLowerCase();
  return (left ?? []).some((a) =>
    rights.some((b) => {
      if (a === null || b === null) return false;
      if (modifiers.includes('startswith')) return text(a).startsWith(text(b));
      if (modifiers.includes('endswith')) return text(a).endsWith(text(b));
      return modifiers.includes('contains') ? text(a).includes(text(b)) : text(a) === text(b);
    }),
  );
}

function predicatesOf(
  value: Scalar,
  item: DetectionItem,
  placeholders: Record<string, readonly (string | number)[]>,
): readonly Predicate[] {
  const { modifiers } = item;
  const has = (name: string): boolean => (modifiers as readonly string[]).includes(name);
  const comparison = ['lt', 'lte', 'gt', 'gte'].find(has);
  const part = ['minute', 'hour', 'day', 'month', 'year', 'week'].find(has);
  if (comparison !== undefined || part !== undefined) {
    return [
      (actual) => {
        const number = part === undefined ? toNumber(actual) : datePart(actual, part);
        if (number === undefined) return false;
        const wanted = Number(value);
        if (comparison === 'lt') return number < wanted;
        if (comparison === 'lte') return number <= wanted;
        if (comparison === 'gt') return number > wanted;
        return comparison === 'gte' ? number >= wanted : number === wanted;
      },
    ];
  }
  const texts = has('expand') ? expand(String(value), placeholders) : [String(value)];
  if (has('cidr')) return texts.map((text) => (actual) => typeof actual === 'string' && inCidr(actual, text));
  if (has('re')) {
    const flags = ['i', 'm', 's'].filter(has).join('');
    return texts.map((text) => {
      const expression = toRegExp(text, flags);
      return (actual) => actual !== null && expression.test(String(actual));
    });
  }
  return texts.flatMap((text) =>
    encode(wildcards(text), modifiers).map((tokens) => textPredicate(tokens, item)),
  );
}

/** A character, or a wildcard as its name. */
/** A pair of surrogates is one character, and never two. */
const oneCharacter = '(?:[\\uD800-\\uDBFF][\\uDC00-\\uDFFF]|(?![\\uD800-\\uDBFF][\\uDC00-\\uDFFF])[\\s\\S])';

type Token = { readonly character: string } | { readonly wildcard: '*' | '?' };

function wildcards(text: string): readonly Token[] {
  const tokens: Token[] = [];
  for (let index = 0; index < text.length; index++) {
    const character = text[index] ?? '';
    const following = text[index + 1];
    if (character === '\\' && following !== undefined && ['*', '?', '\\'].includes(following)) {
      tokens.push({ character: following });
      index++;
    } else if (character === '*' || character === '?') tokens.push({ wildcard: character });
    else tokens.push({ character });
  }
  return tokens;
}

function textPredicate(tokens: readonly Token[], item: DetectionItem): Predicate {
  const { modifiers, field } = item;
  const cased = modifiers.includes('cased');
  const body = tokens.map((token) => {
    if ('wildcard' in token) return token.wildcard === '*' ? '[\\s\\S]*' : oneCharacter;
    if (modifiers.includes('windash') && '-/\u2013\u2014\u2015'.includes(token.character))
      return '[-/\u2013\u2014\u2015]';
    const character = cased ? token.character : token.character.toLowerCase();
    return character.replace(/[\\^$.*+?()[\]{}|/-]/gu, '\\$&');
  });
  const open = field === undefined || modifiers.includes('contains');
  const before = open || modifiers.includes('endswith') ? '' : '^';
  const after = open || modifiers.includes('startswith') ? '' : '$';
  const expression = new RegExp(`${before}(?:${body.join('')})${after}`, '');
  return (actual) =>
    actual !== null && expression.test(cased ? String(actual) : String(actual).toLowerCase());
}

function encode(tokens: readonly Token[], modifiers: readonly string[]): readonly (readonly Token[])[] {
  let values: readonly (readonly Token[])[] = [tokens];
  let bytes = false;
  for (const modifier of modifiers) {
    if (['wide', 'utf16le', 'utf16be', 'utf16'].includes(modifier)) {
      values = values.map((value) => [
        ...(modifier === 'utf16' ? [{ character: '\xff' }, { character: '\xfe' }] : []),
        ...value.flatMap((token): readonly Token[] => {
          if ('wildcard' in token) return [token];
          const code = token.character.charCodeAt(0);
          const [low, high] = [
            { character: String.fromCharCode(code & 255) },
            { character: String.fromCharCode(code >> 8) },
          ];
          return modifier === 'utf16be' ? [high, low] : [low, high];
        }),
      ]);
      bytes = true;
    }
    if (modifier === 'base64' || modifier === 'base64offset') {
      values = values.flatMap((value) => {
        const text = value.map((token) => ('character' in token ? token.character : '')).join('');
        const raw = Buffer.from(text, bytes ? 'latin1' : 'utf8');
        const encoded =
          modifier === 'base64' ? [raw.toString('base64')] : [0, 1, 2].map((shift) => stablePart(raw, shift));
        return encoded.map((result) => Array.from(result, (character) => ({ character })));
      });
      bytes = false;
    }
  }
  return values;
}

/** The characters that are the same whatever stands before and after the value. */
function stablePart(raw: Buffer, shift: number): string {
  const variants = [0x00, 0xff].flatMap((before) =>
    [0x00, 0xff].map((after) =>
      Buffer.concat([Buffer.alloc(shift, before), raw, Buffer.alloc(3, after)]).toString('base64'),
    ),
  );
  const length = Math.floor(((shift + raw.length) * 4) / 3);
  return Array.from({ length }, (_, index) => index)
    .filter((index) => index >= Math.ceil((shift * 4) / 3))
    .map((index) => {
      if (new Set(variants.map((variant) => variant[index])).size !== 1) throw new Error('not stable');
      return variants[0]?.[index] ?? '';
    })
    .join('');
}

function expand(text: string, placeholders: Record<string, readonly (string | number)[]>): readonly string[] {
  const match = /(?<!\\)%([^%\s]+)%/u.exec(text);
  if (match === null) return [text.replaceAll('\\%', '%')];
  const rest = expand(text.slice(match.index + match[0].length), placeholders);
  const start = text.slice(0, match.index).replaceAll('\\%', '%');
  return (placeholders[match[1] ?? ''] ?? []).flatMap((value) => rest.map((end) => start + value + end));
}

function toRegExp(text: string, flags: string): RegExp {
  const inline = /\(\?([ims]+)\)/u.exec(text);
  return new RegExp(
    text.replace(/\(\?([ims]+)\)/u, ''),
    Array.from(new Set(flags + (inline?.[1] ?? ''))).join(''),
  );
}

function toNumber(value: Scalar): number | undefined {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && /^\s*[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?\s*$/iu.test(value)
    ? Number(value)
    : undefined;
}

function datePart(value: Scalar, part: string): number | undefined {
  const epoch =
    typeof value === 'number' ? new Date(Math.abs(value) > 1e11 ? value : value * 1000).toISOString() : value;
  const match = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d))?/u.exec(String(epoch));
  if (match === null || typeof value === 'boolean') return undefined;
  const text = { year: match[1], month: match[2], day: match[3], hour: match[4], minute: match[5] }[part];
  if (part !== 'week') return text === undefined ? undefined : Number(text);
  // Count Mondays: the week that holds 4 January is week 1.
  const day = Date.UTC(Number(match[1]), Number(match[2]) - 1, Number(match[3])) / 86_400_000;
  const monday = (of: number): number => of - ((((of + 3) % 7) + 7) % 7);
  const firstMonday = (year: number): number => monday(Date.UTC(year, 0, 4) / 86_400_000);
  const year =
    [Number(match[1]) + 1, Number(match[1]), Number(match[1]) - 1].find(
      (candidate) => firstMonday(candidate) <= day,
    ) ?? 0;
  return (monday(day) - firstMonday(year)) / 7 + 1;
}

function inCidr(text: string, cidr: string): boolean {
  const [network = '', prefix] = cidr.split('/');
  const address = toBits(text);
  const base = toBits(network);
  if (address === undefined || base === undefined || address.length !== base.length) return false;
  const length = prefix === undefined ? base.length : Number(prefix);
  return address.slice(0, length) === base.slice(0, length);
}

/** An address as a string of 32 or 128 zeros and ones. */
function toBits(text: string): string | undefined {
  if (/^\d+\.\d+\.\d+\.\d+$/u.test(text)) {
    const bytes = text.split('.').map(Number);
    return bytes.some((byte) => byte > 255)
      ? undefined
      : bytes.map((byte) => byte.toString(2).padStart(8, '0')).join('');
  }
  if (!text.includes(':') || !/^[\da-f:]+$/iu.test(text)) return undefined;
  const [head = '', tail] = text.split('::');
  const groups = (half: string): string[] => (half === '' ? [] : half.split(':'));
  const [front, back] = [groups(head), groups(tail ?? '')];
  const middle = tail === undefined ? [] : new Array<string>(8 - front.length - back.length).fill('0');
  return [...front, ...middle, ...back]
    .map((group) => Number.parseInt(group, 16).toString(2).padStart(16, '0'))
    .join('');
}
