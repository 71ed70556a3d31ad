import type { Placeholders } from './placeholders.ts';
import { readDocument } from './read-document.ts';
import { type RuleError, RuleProblem, toRuleErrors } from './rule-error.ts';
import { splitDocuments } from './split-documents.ts';
import { tryEach } from './try-each.ts';
import type { YamlEntry, YamlNode } from './yaml-node.ts';

export interface ParsedPlaceholders {
  readonly placeholders: Placeholders;
  readonly errors: readonly RuleError[];
}

const maxLength = 8 << 20;

/**
 * Parses a file of placeholders: a YAML mapping of names (`Servers`, as in `%Servers%`) to the values they stand for, one
 * or a list. Never throws: names that cannot be used are among the errors, each with its place, and the others are there.
 */
export function parsePlaceholders(
  text: string,
  options: { readonly path?: string } = {},
): ParsedPlaceholders {
  const placeholders = new Map<string, readonly (string | number)[]>();
  const errors: RuleError[] = [];
  try {
    if (text.length > maxLength)
      throw new RuleProblem(
        'yaml_limit',
        `A file of placeholders may be ${maxLength} characters long at most.`,
        {
          line: 1,
          column: 1,
        },
      );
    for (const document of splitDocuments(text)) {
      const node = readDocument(document.text, document.line);
      if (node === undefined) continue;
      if (node.kind !== 'mapping')
        throw new RuleProblem(
          'invalid_field',
          'Placeholders are a mapping of names to values, such as `Servers: [srv1, srv2]`.',
          node,
        );
      for (const entry of node.entries) {
        try {
          placeholders.set(nameOf(entry, placeholders), valuesOf(entry.value));
        } catch (problem) {
          errors.push(...toRuleErrors(problem, options.path));
        }
      }
    }
  } catch (problem) {
    errors.push(...toRuleErrors(problem, options.path));
  }
  return { placeholders: Object.fromEntries(placeholders), errors };
}

function nameOf({ key, at }: YamlEntry, known: ReadonlyMap<string, unknown>): string {
  // What `expand` looks for between two percent signs; the signs themselves may be written too.
  const name = /^%[^%]*%$/u.test(key) ? key.slice(1, -1) : key;
  if (!/^[^%\s]+$/u.test(name))
    throw new RuleProblem(
      'invalid_field',
      `\`${key.slice(0, 60)}\` can be no placeholder: a name has no spaces and no percent signs.`,
      at,
    );
  if (known.has(name))
    throw new RuleProblem('invalid_field', `The placeholder ${name.slice(0, 60)} is there already.`, at);
  return name;
}

function valuesOf(node: YamlNode): readonly (string | number)[] {
  const nodes = node.kind === 'sequence' ? node.items : [node];
  return tryEach(nodes, (item) => {
    if (item.kind === 'scalar' && (typeof item.value === 'string' || typeof item.value === 'number'))
      return item.value;
    throw new RuleProblem('invalid_value', 'A placeholder stands for texts or numbers.', item);
  });
}
