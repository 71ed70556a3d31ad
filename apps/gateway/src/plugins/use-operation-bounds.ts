import { GraphQLError, getVariableValues, NoSchemaIntrospectionCustomRule, parse } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { gatewayError } from '../errors.ts';
import type { GatewayContext } from '../gateway-context.ts';
import {
  exceededBound,
  isDeeperThan,
  measureDocument,
  type OperationBounds,
  operationCost,
} from '../operation-bounds.ts';
import type { BeforeExecution } from './before-execution.ts';
import { operationOf } from './operation-of.ts';

/**
 * Bounds on text and tokens before parsing, on shape before validation (whose cost grows faster than the document), on cost
 * before execution. Also turns variables into what the schema wants, once for all later steps.
 */
export function useOperationBounds(options: {
  bounds: OperationBounds;
  introspection: boolean;
}): Plugin<GatewayContext> {
  const { bounds, introspection } = options;
  const inspect = ({ args, extendContext, setResultAndStopExecution }: BeforeExecution): void => {
    const operation = operationOf(args.document, args.operationName);
    // A custom scalar takes any value as it is, and passes it on.
    if (isDeeperThan(args.variableValues, bounds.maxVariableDepth)) {
      const why = `has variables nested deeper than ${bounds.maxVariableDepth} levels`;
      setResultAndStopExecution({ errors: [tooComplex(why)] });
      return;
    }
    const { errors, coerced } = getVariableValues(
      args.schema,
      operation.variableDefinitions ?? [],
      { ...(args.variableValues as Record<string, unknown> | undefined) },
      { maxErrors: 10 },
    );
    if (errors !== undefined) {
      setResultAndStopExecution({ errors: errors.map((error) => badUserInput(error.message, error)) });
      return;
    }
    const { schema, document } = args;
    const cost = operationCost({ schema, document, operation, variables: coerced, limit: bounds.maxCost });
    if (cost > bounds.maxCost) {
      setResultAndStopExecution({ errors: [tooComplex(`may produce more than ${bounds.maxCost} objects`)] });
      return;
    }
    extendContext({ coercedVariables: coerced });
  };

  return {
    onParse({ params, setParseFn, extendContext, context }) {
      const text = String(params.source);
      if (Buffer.byteLength(text) > bounds.maxBytes) {
        throw tooComplex(`is longer than ${bounds.maxBytes} bytes`);
      }
      setParseFn((source, parseOptions) => parse(source, { ...parseOptions, maxTokens: bounds.maxTokens }));
      return ({ result, replaceParseResult }) => {
        if (result instanceof Error) {
          replaceParseResult(toParseError(result, bounds));
        } else if (result != null) {
          const { operation } = operationOf(result, context.params?.operationName);
          extendContext({ operationType: operation });
        }
      };
    },
    onValidate({ params, addValidationRule, setResult }) {
      const exceeded = exceededBound(measureDocument(params.documentAST), bounds);
      if (exceeded !== undefined) {
        setResult([tooComplex(exceeded)]);
        return undefined;
      }
      if (!introspection) addValidationRule(NoSchemaIntrospectionCustomRule);
      return ({ result, setResult: replace }) => {
        if (result.length > 0) replace(result.map((error) => toValidationError(error, introspection)));
      };
    },
    onExecute: inspect,
    onSubscribe: inspect,
  };
}

function tooComplex(why: string): GraphQLError {
  return gatewayError('OPERATION_TOO_COMPLEX', `The operation ${why}.`);
}

function badUserInput(message: string, error?: GraphQLError): GraphQLError {
  return new GraphQLError(message, {
    ...(error?.nodes && { nodes: error.nodes }),
    extensions: { code: 'BAD_USER_INPUT', http: { status: 400 } },
  });
}

function toParseError(error: Error, bounds: OperationBounds): GraphQLError {
  if (!(error instanceof GraphQLError)) return new GraphQLError(error.message, { originalError: error });
  if (error.extensions['code'] !== undefined) return error;
  if (error.message.includes('token')) {
    const limited = error.message.includes(`more that ${bounds.maxTokens} tokens`);
    if (limited) return tooComplex(`has more than ${bounds.maxTokens} tokens`);
  }
  return withCode(error, error.message, 'GRAPHQL_PARSE_FAILED');
}

function toValidationError(error: GraphQLError, introspection: boolean): GraphQLError {
  if (error.extensions['code'] !== undefined) return error;
  if (!introspection && error.message.startsWith('GraphQL introspection has been disabled')) {
    return gatewayError('INTROSPECTION_DISABLED', 'Introspection is off on this installation.');
  }
  // Suggestions tell the schema piece by piece to whoever may not introspect it.
  const message = introspection ? error.message : error.message.replace(/ ?Did you mean .*\?$/s, '');
  return withCode(error, message, 'GRAPHQL_VALIDATION_FAILED');
}

function withCode(error: GraphQLError, message: string, code: string): GraphQLError {
  return new GraphQLError(message, {
    ...(error.source && error.positions && { source: error.source, positions: error.positions }),
    extensions: { code, http: { status: 400 } },
  });
}
