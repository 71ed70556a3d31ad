import { RuleProblem } from '../rule-error.ts';
import { tryEach } from '../try-each.ts';
import { entryOf, type YamlMapping, type YamlNode } from '../yaml-node.ts';
import type { RuleReference } from './sigma-correlation.ts';

const maxReferences = 1_000;

/** A list of ids or names of rules (or one), each named once; undefined when the key is absent. */
export function parseReferences(body: YamlMapping, key: string): readonly RuleReference[] | undefined {
  const node = entryOf(body, key)?.value;
  if (node === undefined || (node.kind === 'scalar' && node.value === null)) return undefined;
  const nodes = node.kind === 'sequence' ? node.items : [node];
  if (nodes.length === 0) throw new RuleProblem('invalid_field', `\`${key}\` names no rule.`, node);
  if (nodes.length > maxReferences)
    throw new RuleProblem('too_complex', `\`${key}\` may name ${maxReferences} rules at most.`, node);
  const seen = new Set<string>();
  return tryEach(nodes, (item) => {
    const name = nameOf(item, key);
    if (seen.has(name))
      throw new RuleProblem('invalid_field', `\`${key}\` names \`${name.slice(0, 80)}\` twice.`, item);
    seen.add(name);
    return { name, at: { line: item.line, column: item.column } };
  });
}

function nameOf(item: YamlNode, key: string): string {
  if (item.kind === 'scalar' && (typeof item.value === 'string' || typeof item.value === 'number')) {
    const name = String(item.value);
    if (name !== '') return name;
  }
  throw new RuleProblem('invalid_field', `\`${key}\` must be a list of ids or names of rules.`, item);
}
