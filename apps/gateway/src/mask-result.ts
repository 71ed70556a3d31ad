import type { Logger } from '@parapet/service';
import { GraphQLError } from 'graphql';
import { gatewayErrorCodes } from './errors.ts';

/** Codes of the errors that subgraphs write for callers: UserError of @parapet/subgraph. */
const subgraphUserCodes: ReadonlySet<unknown> = new Set([
  'BAD_USER_INPUT',
  'FORBIDDEN',
  'UNAVAILABLE',
  'DEADLINE_EXCEEDED',
]);

/** Codes of this gateway and of its GraphQL layers; their messages hold nothing but the caller's own request. */
const ownCodes: ReadonlySet<unknown> = new Set([
  ...Object.keys(gatewayErrorCodes).filter((code) => code !== 'INTERNAL_SERVER_ERROR'),
  'BAD_USER_INPUT',
  'OPERATION_RESOLUTION_FAILURE',
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'REQUEST_ENTITY_TOO_LARGE',
]);

export interface MaskableResult {
  readonly data?: unknown;
  readonly errors?: readonly unknown[] | undefined;
  readonly extensions?: Readonly<Record<string, unknown>> | undefined;
}

export interface MaskContext {
  readonly requestId: string;
  readonly log: Pick<Logger, 'error' | 'warn'>;
}

/**
 * The result as a caller may see it: errors meant for callers keep their message and code; of any other only the request id is
 * told, and the error itself is logged, once. Every error carries the request id.
 */
export function maskResult<R extends MaskableResult>(
  result: R,
  context: MaskContext,
): R & { errors?: GraphQLError[] } {
  if (result.errors === undefined) return result as R & { errors?: GraphQLError[] };
  return { ...result, errors: result.errors.map((error) => maskError(error, context)) };
}

/** What was masked once is left as it is: a result may pass several edges, and is logged at the first. */
const maskedErrors = new WeakSet<GraphQLError>();

export function maskError(error: unknown, context: MaskContext): GraphQLError {
  if (error instanceof GraphQLError && maskedErrors.has(error)) return error;
  const masked = toMasked(error, context);
  maskedErrors.add(masked);
  return masked;
}

function toMasked(error: unknown, { requestId, log }: MaskContext): GraphQLError {
  if (error instanceof GraphQLError) {
    const { code: given, serviceName, http, retryAfterSeconds, service } = error.extensions;
    const code = given ?? (isClientHttpError(http) ? 'BAD_REQUEST' : undefined);
    const allowed = serviceName === undefined ? ownCodes : subgraphUserCodes;
    if (allowed.has(code)) {
      if (error.originalError !== undefined && error.originalError !== null) {
        log.warn({ err: error.originalError, code, requestId }, 'an operation could not be served in full');
      }
      const subgraph = serviceName ?? service;
      return copyError(error, error.message, {
        code,
        requestId,
        ...(subgraph !== undefined && { service: subgraph }),
        ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
        ...(http !== undefined && serviceName === undefined && { http }),
      });
    }
  }
  log.error({ err: error, requestId }, 'an operation failed');
  const isGraphQL = error instanceof GraphQLError;
  const extensions = {
    code: 'INTERNAL_SERVER_ERROR',
    requestId,
    // A failed field leaves the rest of the answer usable; anything else is a failed request.
    ...(!(isGraphQL && error.path) && { http: { status: gatewayErrorCodes.INTERNAL_SERVER_ERROR } }),
  };
  const message = 'Something went wrong on our side. Give the request id to whoever runs this installation.';
  return isGraphQL ? copyError(error, message, extensions) : new GraphQLError(message, { extensions });
}

function copyError(error: GraphQLError, message: string, extensions: Record<string, unknown>): GraphQLError {
  return new GraphQLError(message, {
    extensions,
    ...(error.path && { path: error.path }),
    ...(error.source && error.positions && { source: error.source, positions: error.positions }),
    ...(error.nodes && { nodes: error.nodes }),
  });
}

function isClientHttpError(http: unknown): boolean {
  const status = (http as { status?: unknown } | undefined)?.status;
  return typeof status === 'number' && status >= 400 && status < 500;
}
