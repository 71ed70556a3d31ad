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
  const weighed = rules
    .map((rule) => ({ rule, points: pointsOfRule(rule, weights) }))
    .sort((a, b) => b.points - a.points || (a.rule.id < b.rule.id ? -1 : 1));
  return weighed.map(({ rule, points }, place) => ({
    reason: 'rule',
    label: boundedText(rule.title, 300),
    points: points * weights.event.furtherRules ** place,
    source: boundedText(rule.id, 200),
  }));
}

/** What {@link contributionsOfRules} add up to; points of a rule are worked out once, as long as somebody keeps the rule. */
export function createRuleSums(weights: RiskWeights): (rules: readonly WeighedRule[]) => number {
  const known = new WeakMap<WeighedRule, number>();
  const pointsOf = (rule: WeighedRule): number => {
    let points = known.get(rule);
    if (points === undefined) {
      points = pointsOfRule(rule, weights);
      known.set(rule, points);
    }
    return points;
  };
  const { furtherRules } = weights.event;
  return (rules) => {
    const [first] = rules;
    if (first === undefined) return 0;
    if (rules.length === 1) return pointsOf(first);
    const heaviestFirst = rules.map(pointsOf).sort((a, b) => b - a);
    return heaviestFirst.reduce((sum, points, place) => sum + points * furtherRules ** place, 0);
  };
}

function pointsOfTags(tags: readonly string[]): number | undefined {
  for (const tag of tags) {
    const digits = /^risk\.(\d{1,3})$/i.exec(tag)?.[1];
    if (digits !== undefined && Number(digits) <= 100) return Number(digits);
  }
  return undefined;
}
