import type { RuleError } from '@parapet/sigma';

/** The same for a problem that stays: without its place, which moves when something is written above it. */
export const toProblemKey = ({ path, code, ruleId, message }: RuleError): string =>
  JSON.stringify([path, code, ruleId, message]);

/** `path:line:column: message` */
export const describeProblem = ({ path, line, column, message }: RuleError): string =>
  `${path ?? 'a rule'}:${line}:${column}: ${message}`;
