import type { Admission } from '../admission.ts';
import { type RuleError, RuleProblem, toRuleErrors } from '../rule-error.ts';
import type { SigmaRule } from '../sigma-rule.ts';
import { tryEach } from '../try-each.ts';
import type { RuleReference, SigmaCorrelation } from './sigma-correlation.ts';

/** One of the rules that feed a correlation, with the fields to read from its events. */
export interface CorrelationSource {
  readonly kind: 'rule' | 'correlation';
  readonly id: string;
  /** As the correlation names it. */
  readonly name: string;
  /** For each of `groupBy`: the field of this source's events, aliases resolved. */
  readonly groupFields: readonly string[];
  /** For each of the condition's fields. */
  readonly valueFields: readonly string[];
}

/** A correlation whose rules are all known. */
export interface LinkedCorrelation {
  readonly correlation: SigmaCorrelation;
  /** In the order of `correlation.rules`. */
  readonly sources: readonly CorrelationSource[];
}

export interface LinkOptions extends Admission {
  /** Rules that can be used. */
  readonly rules: readonly SigmaRule[];
  /** Ids and names of rules that were given and refused. */
  readonly refusedRules: ReadonlySet<string>;
}

export interface LinkedCorrelations {
  /** What a correlation refers to stands before it. */
  readonly linked: readonly LinkedCorrelation[];
  /** Ids that correlations refer to, none of them with `generate`: what they find is not to be told on its own. */
  readonly onlyCorrelated: ReadonlySet<string>;
  readonly errors: readonly RuleError[];
}

const maxChain = 64;

type Target = { readonly kind: 'rule' | 'correlation'; readonly id: string };

/** Resolves what correlations refer to; those that refer to nothing, or to themselves through others, are refused. */
export function linkCorrelations(
  correlations: readonly SigmaCorrelation[],
  options: LinkOptions,
): LinkedCorrelations {
  const { rules, refusedRules, refuse, accept } = options;
  const errors: RuleError[] = [];
  const accepted = correlations.filter((correlation) => {
    try {
      refuse(correlation);
      accept(correlation);
      return true;
    } catch (problem) {
      errors.push(...toRuleErrors(problem, correlation.path, correlation.id));
      return false;
    }
  });
  const byId = new Map(accepted.map((correlation) => [correlation.id, correlation]));
  const find = createFinder(rules, accepted);
  const states = new Map<SigmaCorrelation, 'open' | 'linked' | 'refused'>();
  const linked: LinkedCorrelation[] = [];

  const visit = (correlation: SigmaCorrelation, depth: number): 'open' | 'linked' | 'refused' => {
    const known = states.get(correlation);
    if (known !== undefined) return known;
    states.set(correlation, 'open');
    try {
      linked.push({
        correlation,
        sources: tryEach(correlation.rules, (reference) => {
          const target = find(reference);
          const child = target?.kind === 'correlation' ? byId.get(target.id) : undefined;
          const state = child === undefined ? undefined : visitChild(child, reference, depth);
          if (target === undefined || state === 'refused') throw unknown(reference, target, refusedRules);
          return sourceOf(correlation, reference, target);
        }),
      });
      states.set(correlation, 'linked');
      return 'linked';
    } catch (problem) {
      errors.push(...toRuleErrors(problem, correlation.path, correlation.id));
      states.set(correlation, 'refused');
      return 'refused';
    }
  };
  const visitChild = (child: SigmaCorrelation, { name, at }: RuleReference, depth: number) => {
    if (depth >= maxChain)
      throw new RuleProblem('too_complex', `Correlations may be chained ${maxChain} deep at most.`, at);
    const state = visit(child, depth + 1);
    if (state === 'open')
      throw new RuleProblem(
        'correlation_cycle',
        `\`${name.slice(0, 80)}\` refers back to this correlation, directly or through others: a chain must have an end.`,
        at,
      );
    return state;
  };
  for (const correlation of accepted) visit(correlation, 0);
  return { linked, errors, onlyCorrelated: withoutGenerate(linked) };
}

function createFinder(rules: readonly SigmaRule[], correlations: readonly SigmaCorrelation[]) {
  const ids = new Map<string, Target>();
  const names = new Map<string, Target[]>();
  const add = (kind: Target['kind'], { id, name }: { readonly id: string; readonly name?: string }): void => {
    const target = { kind, id };
    ids.set(id, target);
    if (name === undefined) return;
    const same = names.get(name);
    if (same === undefined) names.set(name, [target]);
    else same.push(target);
  };
  for (const rule of rules) add('rule', rule);
  for (const correlation of correlations) add('correlation', correlation);
  return ({ name, at }: RuleReference): Target | undefined => {
    const byId = ids.get(name);
    const [byName, ...others] = names.get(name) ?? [];
    if (byId === undefined && others.length > 0)
      throw new RuleProblem(
        'unknown_rule',
        `${others.length + 1} rules have the name \`${name.slice(0, 80)}\`: refer to the one that is meant by its id.`,
        at,
      );
    return byId ?? byName;
  };
}

function unknown(
  { name, at }: RuleReference,
  target: Target | undefined,
  refusedRules: ReadonlySet<string>,
): RuleProblem {
  const shown = name.slice(0, 80);
  return new RuleProblem(
    'unknown_rule',
    target !== undefined || refusedRules.has(name)
      ? `The correlation refers to \`${shown}\`, which is refused itself: correct that first.`
      : `The correlation refers to \`${shown}\`, which is neither the id nor the name of a rule or correlation that is loaded.`,
    at,
  );
}

function sourceOf(
  { groupBy, aliases, condition }: SigmaCorrelation,
  { name }: RuleReference,
  { kind, id }: Target,
): CorrelationSource {
  const fieldOf = (field: string): string => aliases.get(field)?.get(name) ?? field;
  const fields = condition.kind === 'thresholds' ? condition.fields : [];
  return { kind, id, name, groupFields: groupBy.map(fieldOf), valueFields: fields.map(fieldOf) };
}

function withoutGenerate(linked: readonly LinkedCorrelation[]): ReadonlySet<string> {
  const told = new Set<string>();
  const referred = new Set<string>();
  for (const { correlation, sources } of linked)
    for (const { id } of sources) (correlation.generate ? told : referred).add(id);
  return referred.difference(told);
}
