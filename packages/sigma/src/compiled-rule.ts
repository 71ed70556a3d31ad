import type { Expression, Witness } from './expression.ts';
import type { SigmaRule } from './sigma-rule.ts';

/** A rule ready to be asked. */
export interface CompiledRule {
  readonly rule: SigmaRule;
  readonly expression: Expression;
  /** Channels the expression reads. */
  readonly channels: readonly number[];
  /** What to look for; undefined for a rule that asks nothing. */
  readonly witness: Witness | undefined;
  /** Channels of the witness's atoms. */
  readonly witnessChannels: readonly number[];
}
