import type { IndicatorDetails } from './indicator-set.ts';
import { isRecord } from './records.ts';

export interface StixIndicator {
  /** Each stands for the indicator alone. */
  readonly texts: readonly { readonly text: string; readonly as: 'domain' | 'url' | undefined }[];
  readonly details: IndicatorDetails;
}

/**
 * The indicators of a STIX 2.1 bundle (OASIS STIX 2.1, 4.7 and 9). Patterns are read that ask for addresses, networks,
 * domain names, URLs and file hashes, joined by OR; hashes of one file may be joined by AND, since each names it. Other
 * patterns (sequences, other objects, other comparisons) give undefined. Revoked indicators are left out.
 */
export function* stixIndicators(bundle: unknown): Generator<StixIndicator | undefined> {
  if (!isRecord(bundle) || !Array.isArray(bundle['objects']))
    throw new Error('The file is no STIX bundle: it has no objects.');
  for (const object of bundle['objects']) {
    if (!isRecord(object) || object['type'] !== 'indicator' || object['revoked'] === true) continue;
    const { pattern, pattern_type: patternType = 'stix' } = object;
    const texts = patternType === 'stix' && typeof pattern === 'string' ? parsePattern(pattern) : undefined;
    yield texts && { texts, details: detailsOf(object) };
  }
}

function detailsOf(object: Readonly<Record<string, unknown>>): IndicatorDetails {
  const { confidence, name, description, valid_from: from, valid_until: until } = object;
  const kinds = [object['indicator_types'], object['labels']].find(
    (list) => Array.isArray(list) && list.length > 0,
  );
  const threat =
    typeof name === 'string'
      ? name
      : Array.isArray(kinds)
        ? kinds.filter((kind) => typeof kind === 'string').join(', ')
        : undefined;
  return {
    threat: threat?.slice(0, 256),
    confidence:
      typeof confidence === 'number' && confidence >= 0 && confidence <= 100 ? confidence : undefined,
    validFrom: timeOf(from),
    validUntil: timeOf(until),
    description: typeof description === 'string' ? description.slice(0, 256) : undefined,
  };
}

function timeOf(value: unknown): number | undefined {
  const time = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(time) ? undefined : time;
}

const longestPattern = 65_536;

/** `[` object path, operator, constant, then AND, OR or `]`. Sticky, so that each character is looked at once. */
const comparison =
  /\s*([a-z0-9-]+):([a-zA-Z0-9_.'-]+)\s*(=|ISSUBSET|IN)\s*(\(\s*'(?:[^'\\]|\\.)*'\s*(?:,\s*'(?:[^'\\]|\\.)*'\s*)*\)|'(?:[^'\\]|\\.)*')\s*/y;
const constant = /'((?:[^'\\]|\\.)*)'/g;

function parsePattern(pattern: string): StixIndicator['texts'] | undefined {
  if (pattern.length > longestPattern) return undefined;
  const texts: { text: string; as: 'domain' | 'url' | undefined }[] = [];
  let at = skip(pattern, 0);
  for (;;) {
    if (pattern[at] !== '[') return undefined;
    at += 1;
    let hasAnd = false;
    let areHashes = true;
    for (;;) {
      comparison.lastIndex = at;
      const match = comparison.exec(pattern);
      const [whole = '', object = '', path = '', operator = '', values = ''] = match ?? [];
      const as = match === null ? undefined : kindOf(object, path);
      if (as === undefined || (operator === 'ISSUBSET' && as !== 'address')) return undefined;
      areHashes &&= as === 'hash';
      for (const [, value = ''] of values.matchAll(constant))
        texts.push({
          text: value.replace(/\\(.)/g, '$1'),
          as: as === 'domain' || as === 'url' ? as : undefined,
        });
      at += whole.length;
      const join = /^(AND|OR)\b/.exec(pattern.slice(at, at + 4))?.[1];
      if (join === undefined) break;
      hasAnd ||= join === 'AND';
      at += join.length;
    }
    if (pattern[at] !== ']' || (hasAnd && !areHashes)) return undefined;
    at = skip(pattern, at + 1);
    if (at === pattern.length) return texts;
    if (!pattern.startsWith('OR', at)) return undefined;
    at = skip(pattern, at + 2);
  }
}

function kindOf(object: string, path: string): 'address' | 'domain' | 'url' | 'hash' | undefined {
  if ((object === 'ipv4-addr' || object === 'ipv6-addr') && path === 'value') return 'address';
  if (object === 'domain-name' && path === 'value') return 'domain';
  if (object === 'url' && path === 'value') return 'url';
  return object === 'file' && /^hashes\.'?(?:MD5|SHA-?1|SHA-?256|SHA-?512)'?$/i.test(path)
    ? 'hash'
    : undefined;
}

function skip(text: string, from: number): number {
  let at = from;
  while (at < text.length && /\s/.test(text[at] ?? '')) at += 1;
  return at;
}
