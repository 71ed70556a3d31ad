import type { Plugin } from 'graphql-yoga';
import type { AccessRules } from '../access-rules.ts';
import { type AccessProblem, checkAccess, type PolicyCheck } from '../check-access.ts';
import { gatewayError } from '../errors.ts';
import { admissionOf, type GatewayContext } from '../gateway-context.ts';
import type { BeforeExecution } from './before-execution.ts';
import { operationOf } from './operation-of.ts';

/**
 * Refuses an operation that selects a field its identity may not read, as a whole: a caller never has to guess which nulls are
 * real (see docs/adr/0005-refuse-whole-operations.md).
 */
export function useScopes(options: {
  rules: AccessRules;
  policies?: Readonly<Record<string, PolicyCheck>>;
}): Plugin<GatewayContext> {
  const check = ({ args, setResultAndStopExecution }: BeforeExecution): void => {
    const operation = operationOf(args.document, args.operationName);
    const context = args.contextValue;
    const problems = checkAccess({
      schema: args.schema,
      rules: options.rules,
      ...(options.policies && { policies: options.policies }),
      document: args.document,
      operation,
      variables: context.coercedVariables ?? {},
      principal: admissionOf(context).principal,
    });
    if (problems.length > 0) setResultAndStopExecution({ errors: problems.map(toAccessError) });
  };
  return { onExecute: check, onSubscribe: check };
}

export function toAccessError(problem: AccessProblem) {
  const needs = problem.scopes.map((scopes) => scopes.join(' and ')).join(', or ');
  const message = problem.unauthenticated
    ? `The field ${problem.field} needs a token.`
    : `The field ${problem.field} needs ${needs === '' ? 'rights that this token lacks' : `the scope ${needs}`}.`;
  return gatewayError(problem.unauthenticated ? 'UNAUTHENTICATED' : 'FORBIDDEN', message, {
    nodes: [problem.node],
    path: [...problem.path],
  });
}
