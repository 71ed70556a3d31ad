import type { ChannelAtom } from './atom-table.ts';
import { createByteScanner, createCodedScanner } from './byte-scanner.ts';
import { type Escapes, type JsonNeedle, jsonNeedle } from './json-needle.ts';
import type { Matcher } from './matcher.ts';
import type { JsonScan } from './word-sampler.ts';

export interface KeywordScanner {
  /** Of each keyword a text that JSON writes as it is where only the escapes stand that it demands. */
  readonly texts: readonly Uint8Array[];
  /** False when none of the keywords may be in an event. */
  readonly scan: JsonScan;
}

/**
 * Tells from an event's JSON text whether one of the keywords may be in it, without reading its values; undefined when
 * there is a keyword that this cannot be told of.
 */
export function createKeywordScanner(atoms: readonly ChannelAtom[]): KeywordScanner | undefined {
  const needles = needlesOf(atoms, 'demanded');
  if (needles === undefined) return undefined;
  const finds = createByteScanner(needles);
  let findsCoded: JsonScan | undefined;
  return {
    texts: needles.map(({ run }) => run),
    scan(bytes, start, end, coded) {
      if (coded === false) return finds(bytes, start, end);
      findsCoded ??= codedScanner(atoms);
      return findsCoded(bytes, start, end);
    },
  };
}

/** For documents with escapes that JSON does not demand, which few sources write. */
function codedScanner(atoms: readonly ChannelAtom[]): JsonScan {
  const needles = needlesOf(atoms, 'any');
  return needles === undefined ? () => true : createCodedScanner(needles);
}

/** Undefined when one of the keywords has no text to look for. */
function needlesOf(atoms: readonly ChannelAtom[], escapes: Escapes): readonly JsonNeedle[] | undefined {
  const needles: JsonNeedle[] = [];
  for (const { matcher } of atoms) {
    const wanted = textsOf(matcher)?.map((text) => jsonNeedle(text, escapes, dashesOf(matcher)));
    if (wanted === undefined) return undefined;
    for (const needle of wanted) {
      if (needle === undefined) return undefined;
      needles.push(needle);
    }
  }
  return needles;
}

/** Texts of which one stands in each value that the matcher holds for. */
function textsOf(matcher: Matcher): readonly string[] | undefined {
  if (matcher.kind === 'regex') return matcher.regex.literals[0];
  if (matcher.kind === 'glob') {
    const literals = matcher.pattern.filter((part) => typeof part === 'string');
    return [literals.reduce((longest, literal) => (literal.length > longest.length ? literal : longest), '')];
  }
  return 'text' in matcher ? [matcher.text] : undefined;
}

/** Where all dashes are one, a dash may be written as another in the event. */
const dashesOf = (matcher: Matcher): string => ('form' in matcher && matcher.form.dashes ? '-' : '');
