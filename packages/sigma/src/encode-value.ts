import type { Modifier } from './modifiers.ts';
import { hasWildcards, literalOf, mapLiterals, type TextPattern } from './text-pattern.ts';

/** A value on its way through the encoding modifiers: text, or bytes once it is UTF-16. */
interface Encoded {
  readonly pattern: TextPattern;
  /** Literals stand for bytes, one byte a character. */
  readonly bytes: boolean;
}

/** What the encoding modifiers make of a value, or why they cannot. Several patterns are alternatives. */
export function encodeValue(
  pattern: TextPattern,
  modifiers: readonly Modifier[],
): readonly TextPattern[] | { readonly problem: string } {
  let values: readonly Encoded[] = [{ pattern, bytes: false }];
  for (const modifier of modifiers) {
    const step = steps[modifier];
    if (step === undefined) continue;
    const isBase64 = modifier === 'base64' || modifier === 'base64offset';
    if (isBase64 && values.some((value) => hasWildcards(value.pattern)))
      return {
        problem: `\`${modifier}\` cannot encode a wildcard; escape it with a backslash if it is meant as text.`,
      };
    values = values.flatMap(step);
  }
  return values.map((value) => value.pattern);
}

const steps: Partial<Record<Modifier, (value: Encoded) => readonly Encoded[]>> = {
  wide: (value) => [utf16(value, 'le')],
  utf16le: (value) => [utf16(value, 'le')],
  utf16be: (value) => [utf16(value, 'be')],
  utf16: (value) => {
    const { pattern } = utf16(value, 'le');
    return [{ pattern: withPrefix('\xff\xfe', pattern), bytes: true }];
  },
  base64: (value) => [{ pattern: [bytesOf(value).toString('base64')], bytes: false }],
  base64offset: (value) =>
    [0, 1, 2].map((shift) => ({ pattern: [shiftedBase64(bytesOf(value), shift)], bytes: false })),
};

function utf16(value: Encoded, order: 'le' | 'be'): Encoded {
  const encode = (literal: string): string => {
    const bytes = Buffer.from(literal, 'utf16le');
    return (order === 'be' ? bytes.swap16() : bytes).toString('latin1');
  };
  return { pattern: mapLiterals(value.pattern, encode), bytes: true };
}

function withPrefix(prefix: string, pattern: TextPattern): TextPattern {
  const [first, ...rest] = pattern;
  return typeof first === 'string' ? [prefix + first, ...rest] : [prefix, ...pattern];
}

const bytesOf = (value: Encoded): Buffer =>
  Buffer.from(literalOf(value.pattern), value.bytes ? 'latin1' : 'utf8');

/** Base64 characters that hold 6 bits of the value alone, when the value starts `shift` bytes into a group of three. */
function shiftedBase64(bytes: Buffer, shift: number): string {
  const encoded = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64');
  const first = Math.ceil((shift * 8) / 6);
  const end = Math.floor(((shift + bytes.length) * 8) / 6);
  return encoded.slice(first, end);
}
