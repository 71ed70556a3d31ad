/** One part of a Sigma string: literal text, or a wildcard. */
export type PatternPart = string | typeof anyText | typeof anyCharacter;
export const anyText: unique symbol = Symbol('*');
export const anyCharacter: unique symbol = Symbol('?');

/** A Sigma string as its parts; literals are never empty and never adjacent. */
export type TextPattern = readonly PatternPart[];

/**
 * Reads wildcards and escapes: `*` and `?` are wildcards, a backslash before them, or before another backslash,
 * makes that character plain; any other backslash is itself. (`\\*` is a backslash and a wildcard, `\\\\` two backslashes.)
 */
export function parseTextPattern(text: string): TextPattern {
  const parts: PatternPart[] = [];
  let literal = '';
  const flush = (): void => {
    if (literal !== '') parts.push(literal);
    literal = '';
  };
  for (let index = 0; index < text.length; index++) {
    const character = text.charAt(index);
    const following = text.charAt(index + 1);
    if (character === '\\' && (following === '*' || following === '?' || following === '\\')) {
      literal += following;
      index++;
    } else if (character === '*' || character === '?') {
      flush();
      // Adjacent `*` say no more than one.
      if (character === '?') parts.push(anyCharacter);
      else if (parts.at(-1) !== anyText) parts.push(anyText);
    } else literal += character;
  }
  flush();
  return parts;
}

export function hasWildcards(pattern: TextPattern): boolean {
  return pattern.some((part) => typeof part !== 'string');
}

/** The text of a pattern without wildcards. */
export function literalOf(pattern: TextPattern): string {
  return pattern.filter((part) => typeof part === 'string').join('');
}

/** Joins adjacent literals and adjacent `*`. */
export function joinParts(parts: readonly PatternPart[]): TextPattern {
  const joined: PatternPart[] = [];
  for (const part of parts) {
    const last = joined.at(-1);
    if (typeof part === 'string' && typeof last === 'string') joined[joined.length - 1] = last + part;
    else if (part !== '' && !(part === anyText && last === anyText)) joined.push(part);
  }
  return joined;
}

export function mapLiterals(pattern: TextPattern, change: (literal: string) => string): TextPattern {
  return pattern.map((part) => (typeof part === 'string' ? change(part) : part));
}

/** Whether a pattern covers the whole text. Takes time in proportion to text times pattern at worst. */
export function matchesPattern(pattern: TextPattern, text: string): boolean {
  let part = 0;
  let at = 0;
  let starPart = -1;
  let starAt = 0;
  for (;;) {
    const current = pattern[part];
    if (current === anyText) {
      starPart = part++;
      starAt = at;
      continue;
    }
    if (current === undefined && at === text.length) return true;
    const length = current === undefined ? 0 : lengthAt(current, text, at);
    if (length > 0) {
      at += length;
      part++;
      continue;
    }
    if (starPart === -1) return false;
    // The last `*` takes one more character, or jumps to where the literal after it stands next.
    const following = pattern[starPart + 1];
    starAt = typeof following === 'string' ? text.indexOf(following, starAt + 1) : starAt + 1;
    if (starAt === -1 || starAt > text.length) return false;
    at = starAt;
    part = starPart + 1;
  }
}

/** Length of what a part matches at a place of the text; 0 when it does not. */
function lengthAt(part: string | typeof anyCharacter | typeof anyText, text: string, at: number): number {
  if (typeof part === 'string') return text.startsWith(part, at) ? part.length : 0;
  const code = text.codePointAt(at);
  return code === undefined ? 0 : code > 0xffff ? 2 : 1;
}
