import type { Admission } from './admission.ts';
import { costOf } from './atom-cost.ts';
import { createAtomTable } from './atom-table.ts';
import { prepareDetection } from './compile-rule.ts';
import type { CompiledRule } from './compiled-rule.ts';
import { linkCorrelations } from './correlation/link-correlations.ts';
import type { SigmaCorrelation } from './correlation/sigma-correlation.ts';
import { all, atomsOf, witnessOf } from './expression.ts';
import { bindFilters } from './filter/bind-filters.ts';
import type { SigmaFilter } from './filter/sigma-filter.ts';
import type { Placeholders } from './placeholders.ts';
import { type RuleError, RuleProblem, toRuleErrors } from './rule-error.ts';
import { createRuleSet, type RuleSet } from './rule-set.ts';
import type { SigmaRule } from './sigma-rule.ts';
import { tryParts } from './try-each.ts';

export interface CompileOptions {
  /** Correlations over the rules; see `RuleSet.correlations`. @default [] */
  readonly correlations?: readonly SigmaCorrelation[];
  /** Filters that narrow the rules. @default [] */
  readonly filters?: readonly SigmaFilter[];
  /** What `%name%` stands for in values with the `expand` modifier. Values may hold wildcards. @default {} */
  readonly placeholders?: Placeholders;
  /** Taxonomies whose names the events carry; rules of another one are refused. @default ['sigma'] */
  readonly taxonomies?: readonly string[];
}

/**
 * Compiles rules for matching. Never throws for what a rule says: a rule that cannot be compiled is left out and is in
 * `RuleSet.errors`, with all that is wrong with it. Of several rules, correlations or filters with one id the first is taken.
 */
export function compileRules(rules: readonly SigmaRule[], options: CompileOptions = {}): RuleSet {
  const { placeholders = {}, taxonomies = ['sigma'] } = options;
  const table = createAtomTable();
  const compiled: CompiledRule[] = [];
  const errors: RuleError[] = [];
  const { refuse, accept } = createAdmission(taxonomies);
  // Nothing refers to a filter, so its id may be that of a rule.
  const filterAdmission = createAdmission(taxonomies);
  const filters = bindFilters(options.filters ?? [], { rules, placeholders, table, ...filterAdmission });
  const refusedRules = new Set<string>();
  for (const rule of rules) {
    try {
      const { prepared } = tryParts({
        refused: () => refuse(rule),
        prepared: () => prepareDetection(rule.detection, placeholders),
      });
      const expression = all([prepared(table), ...filters.expressionsOf(rule)]);
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
      accept(rule);
    } catch (problem) {
      errors.push(...toRuleErrors(problem, rule.path, rule.id));
      refusedRules.add(rule.id).add(rule.name ?? rule.id);
    }
  }
  const correlations = linkCorrelations(options.correlations ?? [], {
    rules: compiled.map(({ rule }) => rule),
    refusedRules,
    refuse,
    accept,
  });
  return createRuleSet({
    rules: compiled,
    correlations,
    filters,
    errors: [...errors, ...filters.errors, ...correlations.errors],
    table,
    placeholders,
  });
}

/** Refuses what cannot be used whatever it asks for, and of one id all but the first that is accepted. */
function createAdmission(taxonomies: readonly string[]): Admission {
  const ids = new Map<string, string>();
  const refuse: Admission['refuse'] = ({ id, line, status, taxonomy = 'sigma' }) => {
    const at = { line, column: 1 };
    const other = ids.get(id);
    if (other !== undefined)
      throw new RuleProblem(
        'duplicate_id',
        `Another rule has the id ${id} too, ${other}; the first one is used.`,
        at,
      );
    if (status === 'unsupported')
      throw new RuleProblem(
        'unsupported_status',
        'The rule says of itself that it cannot be used (`status: unsupported`).',
        at,
      );
    if (!taxonomies.includes(taxonomy))
      throw new RuleProblem(
        'unknown_taxonomy',
        `The rule names fields by the taxonomy "${taxonomy.slice(0, 60)}", which the events do not carry; allow it if they do.`,
        at,
      );
  };
  return {
    refuse,
    accept({ id, path, line }) {
      ids.set(id, path === undefined ? `at line ${line}` : `in ${path}:${line}`);
    },
  };
}
