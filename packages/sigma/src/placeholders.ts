import { type Position, RuleProblem } from './rule-error.ts';

/** Values that `%name%` stands for in values with the `expand` modifier; they may hold wildcards. */
export type Placeholders = Readonly<Record<string, readonly (string | number)[]>>;

const maxExpansions = 10_000;

/** The texts a value with placeholders stands for. `\%` is a plain percent sign. */
export function expandPlaceholders(
  text: string,
  placeholders: Placeholders,
  at: Position,
): readonly string[] {
  let texts = [''];
  let from = 0;
  for (const match of text.matchAll(/\\%|%([^%\s]+)%/gu)) {
    const between = text.slice(from, match.index);
    from = match.index + match[0].length;
    const name = match[1];
    const choices = name === undefined ? ['%'] : valuesOf(name, placeholders, at);
    if (texts.length * choices.length > maxExpansions)
      throw new RuleProblem('too_complex', `A value may stand for ${maxExpansions} texts at most.`, at);
    texts = texts.flatMap((start) => choices.map((choice) => start + between + choice));
  }
  return texts.map((start) => start + text.slice(from));
}

function valuesOf(name: string, placeholders: Placeholders, at: Position): readonly string[] {
  const values = Object.hasOwn(placeholders, name) ? placeholders[name] : undefined;
  if (values !== undefined) return values.map(String);
  throw new RuleProblem(
    'unresolved_placeholder',
    `The placeholder %${name.slice(0, 60)}% has no values: configure what it stands for.`,
    at,
  );
}
