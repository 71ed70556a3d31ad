import type { RuleReference } from '../correlation/sigma-correlation.ts';
import type { Detection, LogSource, RuleMetadata } from '../sigma-rule.ts';

/** A parsed global filter: a condition that its rules must pass besides their own. */
export interface SigmaFilter extends RuleMetadata {
  readonly logsource: LogSource & { readonly definition?: string };
  /** The rules it narrows; `any` are all rules whose log source it covers. */
  readonly rules: readonly RuleReference[] | 'any';
  readonly detection: Detection;
}
