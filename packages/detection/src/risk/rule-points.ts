import { boundedText, type RiskContribution, type RuleSnapshot } from '@parapet/event-model';
import type { RiskWeights } from './risk-weights.ts';

/** What is asked of a rule to weigh it. */
export type WeighedRule = Pick<RuleSnapshot, 'id' | 'title' | 'level'> & { readonly tags: readonly string[] };

/**
 * Points of one rule, 0 to 100: what the weights say of its id, else what its tag `risk.N` says (the first one with N from
 * 0 to 100), else what its level counts.
 */
export function pointsOfRule(rule: Omit<WeighedRule, 'title'>, weights: RiskWeights): number {
  const { rules, ruleLevels } = weights.event;
  if (Object.hasOwn(rules, rule.id)) return rules[rule.id] ?? 0;
  return pointsOfTags(rule.tags) ?? ruleLevels[rule.level];
}

/** Contributions of the rules that hold for one event: the heaviest in full, every further one a part of the one before. */
export function contributionsOfRules(
  rules: readonly WeighedRule[],
  weights: RiskWeights,
): readonly RiskContribution[] {
  return together(
    rules.map((rule) => contributionOf(rule, weights)),
    weights,
  );
}

/** Points and contributions of rules by one scorer's weights. */
export interface RulePoints {
  /** What the contributions add up to. */
  sumOf(rules: readonly WeighedRule[]): number;
  /** As {@link contributionsOfRules}. */
  contributionsOf(rules: readonly WeighedRule[]): readonly RiskContribution[];
}

/** What depends on a rule alone is worked out once, as long as somebody keeps the rule. */
export function createRulePoints(weights: RiskWeights): RulePoints {
  const known = new WeakMap<WeighedRule, RiskContribution>();
  const alone = (rule: WeighedRule): RiskContribution => {
    let contribution = known.get(rule);
    if (contribution === undefined) {
      contribution = contributionOf(rule, weights);
      known.set(rule, contribution);
    }
    return contribution;
  };
  const contributionsOf: RulePoints['contributionsOf'] = (rules) => together(rules.map(alone), weights);
  return {
    contributionsOf,
    sumOf(rules) {
      const [first] = rules;
      if (first === undefined) return 0;
      if (rules.length === 1) return alone(first).points;
      return contributionsOf(rules).reduce((sum, { points }) => sum + points, 0);
    },
  };
}

/** What a rule contributes where no other holds. */
function contributionOf(rule: WeighedRule, weights: RiskWeights): RiskContribution {
  return {
    reason: 'rule',
    label: boundedText(rule.title, 300),
    points: pointsOfRule(rule, weights),
    source: boundedText(rule.id, 200),
  };
}

/** Each contributes less the more points others have. */
function together(alone: readonly RiskContribution[], { event }: RiskWeights): readonly RiskContribution[] {
  return alone
    .toSorted((a, b) => b.points - a.points || (a.source < b.source ? -1 : 1))
    .map((one, place) => ({ ...one, points: one.points * event.furtherRules ** place }));
}

function pointsOfTags(tags: readonly string[]): number | undefined {
  for (const tag of tags) {
    const digits = /^risk\.(\d{1,3})$/i.exec(tag)?.[1];
    if (digits !== undefined && Number(digits) <= 100) return Number(digits);
  }
  return undefined;
}
