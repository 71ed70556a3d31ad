/** Why a rule, correlation or filter was refused: a closed set, fit for a metric label. */
export const ruleErrorCodes = [
  'yaml_syntax',
  'yaml_limit',
  'not_a_rule',
  'missing_field',
  'invalid_field',
  'invalid_logsource',
  'invalid_detection',
  'invalid_condition',
  'unknown_identifier',
  'unknown_modifier',
  'invalid_modifier',
  'invalid_value',
  'unsupported_regex',
  'unresolved_placeholder',
  'unsupported_status',
  'unknown_taxonomy',
  'duplicate_id',
  'unsupported_correlation',
  'unsupported_filter',
  'too_complex',
] as const;
export type RuleErrorCode = (typeof ruleErrorCodes)[number];

/** A rule that was refused, and where and why. Lines and columns start at 1. */
export interface RuleError {
  readonly path?: string;
  readonly line: number;
  readonly column: number;
  readonly code: RuleErrorCode;
  /** A sentence that says what to change. */
  readonly message: string;
  readonly ruleId?: string;
}

/** A place in a rule file; both start at 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** What is thrown inside the package and caught at its edge: the public functions return errors, they do not throw them. */
export class RuleProblem extends Error {
  readonly code: RuleErrorCode;
  readonly at: Position;

  constructor(code: RuleErrorCode, message: string, at: Position) {
    super(message);
    this.name = 'RuleProblem';
    this.code = code;
    this.at = at;
  }
}

/** The problem as a public error; anything but a `RuleProblem` is a fault and is thrown on. */
export function toRuleError(problem: unknown, path?: string, ruleId?: string): RuleError {
  if (!(problem instanceof RuleProblem)) throw problem;
  return {
    ...(path === undefined ? {} : { path }),
    line: problem.at.line,
    column: problem.at.column,
    code: problem.code,
    message: problem.message,
    ...(ruleId === undefined ? {} : { ruleId }),
  };
}
