import { parseNetwork } from './cidr.ts';
import type { Scalar } from './column-batch.ts';
import { dateParts } from './date-part.ts';
import { encodeValue } from './encode-value.ts';
import { type Comparison, inForm, type Matcher, numberOf, type TextForm } from './matcher.ts';
import { type Modifier, modifierRole } from './modifiers.ts';
import { expandPlaceholders, type Placeholders } from './placeholders.ts';
import { type Position, RuleProblem } from './rule-error.ts';
import { createSigmaRegex } from './sigma-regex.ts';
import type { DetectionItem } from './sigma-rule.ts';
import {
  anyText,
  hasWildcards,
  joinParts,
  literalOf,
  mapLiterals,
  parseTextPattern,
  type TextPattern,
} from './text-pattern.ts';
import { tryEach } from './try-each.ts';

/** Comparison of two fields of the same event. */
export interface FieldReference {
  readonly field: string;
  readonly place: 'exact' | 'prefix' | 'suffix' | 'contains';
  readonly cased: boolean;
}

/**
 * What an item asks. `anyOf` holds, for each value as written, the matchers it stands for (one of them must hold);
 * `all` says whether each value must hold or one of them; `negated` turns the answer round.
 */
export interface ItemTest {
  readonly field: string | undefined;
  readonly values: readonly (readonly Matcher[])[];
  readonly references: readonly FieldReference[];
  readonly all: boolean;
  readonly negated: boolean;
}

/** @throws RuleProblem when a value cannot mean what its modifiers say. */
export function compileItem(item: DetectionItem, placeholders: Placeholders): ItemTest {
  const { modifiers, field } = item;
  const has = (modifier: Modifier): boolean => modifiers.includes(modifier);
  const test = { field, all: has('all'), negated: has('neq') };
  if (field === undefined && modifiers.some((modifier) => !keywordModifiers.has(modifierRole(modifier))))
    throw new RuleProblem('invalid_modifier', 'This modifier needs a field name before it.', item.at);
  if (has('exists') && item.values.length !== 1)
    throw new RuleProblem('invalid_value', '`exists` needs one value: true or false.', item.at);
  if (has('fieldref')) {
    const references = tryEach(item.values, (value, index) =>
      fieldReference(value, modifiers, item.valuesAt[index] ?? item.at),
    );
    return { ...test, values: [], references };
  }
  const values = tryEach(item.values, (value, index) =>
    compileValue(value, item, placeholders, item.valuesAt[index] ?? item.at),
  );
  if (has('exists')) return { ...test, values, references: [], negated: item.values[0] === false };
  return { ...test, values, references: [] };
}

/** Characters and wildcards of one text. The longest one of SigmaHQ has 178, and the most wildcards are 4. */
const maxText = 1_024;
const maxWildcards = 64;

const keywordModifiers = new Set([
  'place',
  'list',
  'case',
  'expand',
  'text',
  'encoding',
  'regex',
  'regexFlag',
]);

function fieldReference(value: Scalar, modifiers: readonly Modifier[], at: Position): FieldReference {
  if (typeof value !== 'string' || value === '')
    throw new RuleProblem('invalid_value', '`fieldref` needs the name of a field.', at);
  return { field: value, place: placeOf(modifiers), cased: modifiers.includes('cased') };
}

function placeOf(modifiers: readonly Modifier[]): FieldReference['place'] {
  if (modifiers.includes('contains')) return 'contains';
  if (modifiers.includes('startswith')) return 'prefix';
  return modifiers.includes('endswith') ? 'suffix' : 'exact';
}

function compileValue(
  value: Scalar,
  item: DetectionItem,
  placeholders: Placeholders,
  at: Position,
): readonly Matcher[] {
  const { modifiers } = item;
  const refuse = (message: string): never => {
    throw new RuleProblem('invalid_value', message, at);
  };
  if (modifiers.includes('exists')) {
    if (typeof value !== 'boolean') return refuse('`exists` needs one value: true or false.');
    return [{ kind: 'exists' }];
  }
  const part = dateParts.find((candidate) => modifiers.includes(candidate));
  const comparison = modifiers.find(
    (modifier): modifier is Exclude<Comparison, 'eq'> => modifierRole(modifier) === 'compare',
  );
  if (part !== undefined || comparison !== undefined) {
    const than = numberOf(value);
    if (than === undefined) return refuse(`\`${comparison ?? part}\` needs a number.`);
    return [{ kind: 'number', comparison: comparison ?? 'eq', than, part }];
  }
  if (value === null) {
    if (modifiers.some((modifier) => modifierRole(modifier) !== 'list'))
      return refuse('null cannot be modified; ask for it without modifiers.');
    return [{ kind: 'null' }];
  }
  const text = String(value);
  const expanded = modifiers.includes('expand') ? expandPlaceholders(text, placeholders, at) : [text];
  return expanded.flatMap((alternative) => compileText(alternative, item, at));
}

function compileText(text: string, item: DetectionItem, at: Position): readonly Matcher[] {
  const { modifiers } = item;
  if (modifiers.includes('cidr')) {
    const network = parseNetwork(text);
    if (network === undefined)
      throw new RuleProblem(
        'invalid_value',
        `"${text.slice(0, 60)}" is not a network such as 10.0.0.0/8 or fe80::/10.`,
        at,
      );
    return [{ kind: 'network', network }];
  }
  if (modifiers.includes('re')) {
    const flags = modifiers
      .filter((modifier) => modifierRole(modifier) === 'regexFlag')
      .toSorted()
      .join('');
    const regex = createSigmaRegex(text, flags);
    if ('problem' in regex) throw new RuleProblem('unsupported_regex', regex.problem, at);
    return [{ kind: 'regex', regex }];
  }
  const form: TextForm = { cased: modifiers.includes('cased'), dashes: modifiers.includes('windash') };
  const written = parseTextPattern(text);
  const wildcards = written.filter((part) => typeof part !== 'string').length;
  if (text.length > maxText || wildcards > maxWildcards)
    throw new RuleProblem(
      'too_complex',
      `A value may be ${maxText} characters long at most and hold ${maxWildcards} wildcards: each may be held against every place of an event's text.`,
      at,
    );
  return encodings(written, modifiers, at).map((pattern) => {
    const placed = place(pattern, item.field === undefined ? 'contains' : placeOf(modifiers));
    return toMatcher(
      mapLiterals(placed, (literal) => inForm(literal, form)),
      form,
    );
  });
}

function encodings(
  pattern: TextPattern,
  modifiers: readonly Modifier[],
  at: Position,
): readonly TextPattern[] {
  const encoding = modifiers.find((modifier) => modifierRole(modifier) === 'encoding');
  if (encoding === undefined) return [pattern];
  const sources = modifiers.includes('windash') ? dashVariants(pattern, at) : [pattern];
  return sources.flatMap((source) => {
    const encoded = encodeValue(source, modifiers);
    if (!('problem' in encoded)) return encoded;
    throw new RuleProblem('invalid_modifier', encoded.problem, at);
  });
}

const dashCharacters = ['-', '/', '\u2013', '\u2014', '\u2015'];

/** Every text that `windash` stands for; needed only before an encoding, where dashes cannot be folded any more. */
function dashVariants(pattern: TextPattern, at: Position): readonly TextPattern[] {
  const pieces = literalOf(pattern).split(/([-/\u2013\u2014\u2015])/u);
  if (hasWildcards(pattern) || pieces.length > 9)
    throw new RuleProblem(
      'invalid_modifier',
      '`windash` before an encoding takes a value of at most four dashes, without wildcards.',
      at,
    );
  let variants = [''];
  for (const [index, piece] of pieces.entries()) {
    const choices = index % 2 === 1 ? dashCharacters : [piece];
    variants = variants.flatMap((variant) => choices.map((choice) => variant + choice));
  }
  return variants.map((variant) => [variant]);
}

function place(pattern: TextPattern, where: FieldReference['place']): TextPattern {
  const before: TextPattern = where === 'contains' || where === 'suffix' ? [anyText] : [];
  const after: TextPattern = where === 'contains' || where === 'prefix' ? [anyText] : [];
  return joinParts([...before, ...pattern, ...after]);
}

function toMatcher(pattern: TextPattern, form: TextForm): Matcher {
  const [first, second, third] = pattern;
  if (pattern.length === 0) return { kind: 'exact', text: '', form };
  if (pattern.length === 1) {
    if (first === anyText) return { kind: 'any' };
    if (typeof first === 'string') return { kind: 'exact', text: first, form };
  }
  if (pattern.length === 2 && first === anyText && typeof second === 'string')
    return { kind: 'suffix', text: second, form };
  if (pattern.length === 2 && typeof first === 'string' && second === anyText)
    return { kind: 'prefix', text: first, form };
  if (pattern.length === 3 && first === anyText && typeof second === 'string' && third === anyText)
    return { kind: 'contains', text: second, form };
  return { kind: 'glob', pattern, form };
}
