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
  'invalid_correlation',
  'invalid_filter',
  'unknown_rule',
  'correlation_cycle',
  'unsupported_correlation',
  'unused_filter',
  'too_complex',
] as const;
export type RuleErrorCode = (typeof ruleErrorCodes)[number];

/** Codes of errors that refuse nothing: what they speak of is used as far as it can be. */
export const ruleWarningCodes: readonly RuleErrorCode[] = ['unused_filter'];

/** What is wrong with a rule, correlation or filter, and where. Lines and columns start at 1. */
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

/** Several problems of one rule, in the order of the file where they come from one pass over it. */
export class RuleProblems extends Error {
  readonly problems: readonly RuleProblem[];

  constructor(problems: readonly RuleProblem[]) {
    super(problems[0]?.message);
    this.name = 'RuleProblems';
    this.problems = problems;
  }
}

/** The problems as public errors; anything but problems is a fault and is thrown on. */
export function toRuleErrors(problem: unknown, path?: string, ruleId?: string): readonly RuleError[] {
  return problemsOf(problem).map(({ at, code, message }) => ({
    ...(path === undefined ? {} : { path }),
    line: at.line,
    column: at.column,
    code,
    message,
    ...(ruleId === undefined ? {} : { ruleId }),
  }));
}

/** The problems that were thrown; anything else is thrown on. */
export function problemsOf(thrown: unknown): readonly RuleProblem[] {
  if (thrown instanceof RuleProblem) return [thrown];
  if (thrown instanceof RuleProblems) return thrown.problems;
  throw thrown;
}
