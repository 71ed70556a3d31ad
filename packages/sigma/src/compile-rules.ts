import { costOf } from './atom-cost.ts';
import { createAtomTable } from './atom-table.ts';
import { compileDetection } from './compile-rule.ts';
import type { CompiledRule } from './compiled-rule.ts';
import { atomsOf, witnessOf } from './expression.ts';
import type { Placeholders } from './placeholders.ts';
import { type RuleError, RuleProblem, toRuleError } from './rule-error.ts';
import { createRuleSet, type RuleSet } from './rule-set.ts';
import type { SigmaRule } from './sigma-rule.ts';

export interface CompileOptions {
  /** What `%name%` stands for in values with the `expand` modifier. Values may hold wildcards. @default {} */
  readonly placeholders?: Placeholders;
  /** Taxonomies whose names the events carry; rules of another one are refused. @default ['sigma'] */
  readonly taxonomies?: readonly string[];
}

/**
 * Compiles rules for matching. Never throws for what a rule says: a rule that cannot be compiled is left out and is in
 * `RuleSet.errors`. Of several rules with one id the first is taken.
 */
export function compileRules(rules: readonly SigmaRule[], options: CompileOptions = {}): RuleSet {
  const placeholders = options.placeholders ?? {};
  const table = createAtomTable();
  const compiled: CompiledRule[] = [];
  const errors: RuleError[] = [];
  const ids = new Set<string>();
  for (const rule of rules) {
    try {
      refuse(rule, ids, options.taxonomies ?? ['sigma']);
      const expression = compileDetection(rule.detection, table, placeholders);
      const channelsOf = (atoms: Iterable<number>): readonly number[] =>
        Array.from(new Set(Array.from(atoms, (atom) => table.channelOf(atom))));
      const witness = witnessOf(expression, (atom, negated) => costOf(table.matcherOf(atom), negated));
      compiled.push({
        rule,
        expression,
        channels: channelsOf(atomsOf(expression)),
        witness,
        witnessChannels: channelsOf([...(witness?.atoms ?? []), ...(witness?.absent ?? [])]),
      });
      ids.add(rule.id);
    } catch (problem) {
      errors.push(toRuleError(problem, rule.path, rule.id));
    }
  }
  return createRuleSet({ rules: compiled, errors, table, placeholders });
}

function refuse(rule: SigmaRule, ids: ReadonlySet<string>, taxonomies: readonly string[]): void {
  const at = { line: rule.line, column: 1 };
  if (ids.has(rule.id))
    throw new RuleProblem(
      'duplicate_id',
      `Another rule has the id ${rule.id} too; the first one is used.`,
      at,
    );
  if (rule.status === 'unsupported')
    throw new RuleProblem(
      'unsupported_status',
      'The rule says of itself that it cannot be used (`status: unsupported`).',
      at,
    );
  const taxonomy = rule.taxonomy ?? 'sigma';
  if (!taxonomies.includes(taxonomy))
    throw new RuleProblem(
      'unknown_taxonomy',
      `The rule names fields by the taxonomy "${taxonomy.slice(0, 60)}", which the events do not carry; allow it if they do.`,
      at,
    );
}
