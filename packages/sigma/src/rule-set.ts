import type { AtomTable } from './atom-table.ts';
import type { CompiledRule } from './compiled-rule.ts';
import type { LinkedCorrelation, LinkedCorrelations } from './correlation/link-correlations.ts';
import { covers } from './covers.ts';
import { type Explanation, explainRule } from './explain.ts';
import {
  createFieldProgram,
  createProgramMemory,
  type FieldProgram,
  type ProgramMemory,
} from './field-program.ts';
import type { BoundFilters } from './filter/bind-filters.ts';
import type { SigmaFilter } from './filter/sigma-filter.ts';
import type { Placeholders } from './placeholders.ts';
import type { RuleError } from './rule-error.ts';
import { createRuleGroup, fieldsOf, type RuleGroup } from './rule-group.ts';
import type { LogSource, SigmaRule } from './sigma-rule.ts';
import { type EventObject, singleEvent } from './single-event.ts';
import { createTruth } from './truth.ts';

/** Compiled rules. Immutable to its users; one set serves one thread. */
export interface RuleSet {
  readonly rules: readonly SigmaRule[];
  /** Correlations with the rules that feed them; what one refers to stands before it. See `createCorrelator`. */
  readonly correlations: readonly LinkedCorrelation[];
  /**
   * Ids of rules and correlations that correlations refer to without `generate`: their matches are for the correlations
   * and not to be told on their own. `match` and `evaluate` yield them all the same; leaving them out is the caller's part.
   */
  readonly onlyCorrelated: ReadonlySet<string>;
  /** Filters in use. */
  readonly filters: readonly SigmaFilter[];
  /** What is wrong with what was given; all but `ruleWarningCodes` were refused. */
  readonly errors: readonly RuleError[];
  /** Every field that some rule reads. */
  readonly fields: ReadonlySet<string>;
  /**
   * The rules that look at events of any of these log sources: those whose own log source asks nothing that one of the
   * given does not answer. The same group is returned for the same log sources.
   */
  forLogSources(logSources: readonly LogSource[]): RuleGroup;
  /**
   * The rules that hold for one event. A field is the key of exactly that name, else a dotted path through nested
   * objects and lists. For streams use `forLogSources` and `RuleGroup.evaluate`.
   */
  match(event: EventObject, logSources: readonly LogSource[]): readonly SigmaRule[];
  /** Which parts of a rule, and of the filters that narrow it, hold for an event, whatever its log source. */
  explain(rule: SigmaRule, event: EventObject): Explanation;
}

export interface RuleSetParts {
  readonly rules: readonly CompiledRule[];
  readonly correlations: LinkedCorrelations;
  readonly filters: BoundFilters;
  readonly errors: readonly RuleError[];
  readonly table: AtomTable;
  readonly placeholders: Placeholders;
}

/** Groups kept; a caller that invents more log sources than this gets them compiled again. */
const maxGroups = 2_000;

export function createRuleSet(parts: RuleSetParts): RuleSet {
  const { rules, correlations, filters, errors, table, placeholders } = parts;
  const memory = createProgramMemory();
  const programOf = createPrograms(table, memory);
  const truth = createTruth(table.size);
  const groups = new Map<string, RuleGroup>();

  /** By the list itself: callers have few and ask for each batch. */
  const byList = new WeakMap<readonly LogSource[], RuleGroup>();

  const forLogSources = (logSources: readonly LogSource[]): RuleGroup => {
    const known = byList.get(logSources) ?? groupOf(logSources);
    byList.set(logSources, known);
    return known;
  };
  const groupOf = (logSources: readonly LogSource[]): RuleGroup => {
    const key = JSON.stringify(logSources.map(keyOf).sort());
    const known = groups.get(key);
    if (known !== undefined) return known;
    const sources = logSources.map(lowerCased);
    const chosen = rules.filter(({ rule }) => sources.some((source) => covers(rule.logsource, source)));
    const group = createRuleGroup({ rules: chosen, table, programOf, memory, truth });
    if (groups.size >= maxGroups) groups.clear();
    groups.set(key, group);
    return group;
  };

  return {
    rules: rules.map(({ rule }) => rule),
    correlations: correlations.linked,
    onlyCorrelated: correlations.onlyCorrelated,
    filters: filters.filters,
    errors,
    fields: new Set(fieldsOf(table.channels, table.channels.keys())),
    forLogSources,
    match(event, logSources) {
      const matched: SigmaRule[] = [];
      forLogSources(logSources).evaluate(singleEvent(event), undefined, (_, rule) => matched.push(rule));
      return matched;
    },
    explain: (rule, event) => explainRule(rule, event, { placeholders, filters: filters.filtersOf(rule) }),
  };
}

/** Programs are made when a group first needs them: most deployments have few of the log sources that rules exist for. */
function createPrograms(table: AtomTable, memory: ProgramMemory): (channel: number) => FieldProgram {
  const made = new Map<number, FieldProgram>();
  return (index) => {
    let program = made.get(index);
    if (program === undefined) {
      const channel = table.channels[index];
      program = createFieldProgram(
        channel === undefined || channel.kind === 'reference' ? [] : channel.atoms,
        memory,
      );
      made.set(index, program);
    }
    return program;
  };
}

const keyOf = ({ product, category, service }: LogSource): string =>
  JSON.stringify([product ?? '', category ?? '', service ?? '']).toLowerCase();

const lowerCased = ({ product, category, service }: LogSource) => ({
  product: product?.toLowerCase(),
  category: category?.toLowerCase(),
  service: service?.toLowerCase(),
});
