import type { RuleMetadata } from './sigma-rule.ts';

/** Decides what of a set of rules, correlations and filters may be used at all. */
export interface Admission {
  /** @throws RuleProblem for what cannot be used whatever it asks for. */
  refuse(document: RuleMetadata): void;
  /** Takes its id, so that nothing else can have it. */
  accept(document: RuleMetadata): void;
}
