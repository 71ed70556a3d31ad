import type { Admission } from '../admission.ts';
import type { AtomTable } from '../atom-table.ts';
import { prepareDetection } from '../compile-rule.ts';
import { covers } from '../covers.ts';
import type { Expression } from '../expression.ts';
import type { Placeholders } from '../placeholders.ts';
import { type RuleError, RuleProblem, toRuleErrors } from '../rule-error.ts';
import type { SigmaRule } from '../sigma-rule.ts';
import { tryParts } from '../try-each.ts';
import type { SigmaFilter } from './sigma-filter.ts';

export interface BindOptions extends Admission {
  /** All rules that were parsed, whether they compile or not. */
  readonly rules: readonly SigmaRule[];
  readonly placeholders: Placeholders;
  readonly table: AtomTable;
}

export interface BoundFilters {
  /** The filters that narrow a rule, in the order they were given. */
  filtersOf(rule: SigmaRule): readonly SigmaFilter[];
  /** The conditions of those filters, over the atoms of the table. */
  expressionsOf(rule: SigmaRule): readonly Expression[];
  /** Filters that can be used. */
  readonly filters: readonly SigmaFilter[];
  readonly errors: readonly RuleError[];
}

/**
 * Finds the rules that each filter narrows: those it names by id or name (or any), where the filter's log source asks
 * nothing that the rule's does not say too.
 */
export function bindFilters(filters: readonly SigmaFilter[], options: BindOptions): BoundFilters {
  const { rules, placeholders, table, refuse, accept } = options;
  const byName = Map.groupBy(
    rules.flatMap((rule) => [rule.id, rule.name].map((name) => ({ name, rule }))),
    ({ name }) => name,
  );
  const bound = new Map<SigmaRule, SigmaFilter[]>();
  const expressions = new Map<SigmaFilter, () => Expression>();
  const errors: RuleError[] = [];
  for (const filter of filters) {
    const report = (problem: unknown): void => {
      errors.push(...toRuleErrors(problem, filter.path, filter.id));
    };
    try {
      const { prepared } = tryParts({
        refused: () => refuse(filter),
        prepared: () => prepareDetection(filter.detection, placeholders),
      });
      expressions.set(
        filter,
        once(() => prepared(table)),
      );
      accept(filter);
    } catch (problem) {
      report(problem);
      continue;
    }
    const named =
      filter.rules === 'any'
        ? [{ rules, at: undefined, name: 'any' }]
        : filter.rules.map(({ name, at }) => ({
            rules: byName.get(name)?.map(({ rule }) => rule) ?? [],
            at,
            name,
          }));
    for (const { rules: candidates, name, at } of named) {
      const covered = candidates.filter((rule) => covers(filter.logsource, rule.logsource));
      for (const rule of covered) {
        const those = bound.get(rule);
        if (those === undefined) bound.set(rule, [filter]);
        else if (!those.includes(filter)) those.push(filter);
      }
      if (covered.length === 0)
        report(
          new RuleProblem(
            'unused_filter',
            candidates.length === 0 || at === undefined
              ? `The filter narrows \`${name.slice(0, 80)}\`, and no rule that is loaded is one.`
              : `The filter's \`logsource\` does not cover that of the rule \`${name.slice(0, 80)}\`, which stays as it is.`,
            at ?? { line: filter.line, column: 1 },
          ),
        );
    }
  }
  const filtersOf = (rule: SigmaRule): readonly SigmaFilter[] => bound.get(rule) ?? [];
  return {
    filtersOf,
    expressionsOf: (rule) => filtersOf(rule).flatMap((filter) => expressions.get(filter)?.() ?? []),
    filters: Array.from(expressions.keys()),
    errors,
  };
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
