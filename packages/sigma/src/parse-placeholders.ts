import type { Placeholders } from './placeholders.ts';
import { readDocument } from './read-document.ts';
import { type RuleError, RuleProblem, toRuleError } from './rule-error.ts';
import type { YamlNode } from './yaml-node.ts';

export interface ParsedPlaceholders {
  readonly placeholders: Placeholders;
  readonly errors: readonly RuleError[];
}

/**
 * Parses the values of placeholders: one YAML mapping of names to a value or a list of values, texts or numbers. An empty
 * file has none. Never throws: with an error there are no placeholders.
 */
export function parsePlaceholders(text: string): ParsedPlaceholders {
  try {
    const node = readDocument(text, 1);
    return { placeholders: node === undefined ? {} : toPlaceholders(node), errors: [] };
  } catch (problem) {
    return { placeholders: {}, errors: [toRuleError(problem)] };
  }
}

function toPlaceholders(node: YamlNode): Placeholders {
  if (node.kind !== 'mapping')
    throw new RuleProblem('invalid_value', 'Placeholders are a mapping of names to lists of values.', node);
  const placeholders: Record<string, readonly (string | number)[]> = Object.create(null);
  for (const { key, value } of node.entries)
    placeholders[key] = (value.kind === 'sequence' ? value.items : [value]).map((item) => {
      if (item.kind === 'scalar' && (typeof item.value === 'string' || typeof item.value === 'number'))
        return item.value;
      throw new RuleProblem('invalid_value', `A value of "${key.slice(0, 60)}" is no text or number.`, item);
    });
  return placeholders;
}
