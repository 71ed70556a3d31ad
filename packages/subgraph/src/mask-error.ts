import type { Logger } from '@parapet/service';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { UserError } from './user-error.ts';

/** What graphql and Apollo say about a request itself, before anything of it runs. */
const requestErrorCodes = new Set([
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'BAD_USER_INPUT',
  'BAD_REQUEST',
  'OPERATION_RESOLUTION_FAILURE',
  'PERSISTED_QUERY_NOT_SUPPORTED',
]);

/**
 * What a caller gets to see of an error. Errors written for callers pass; everything else is logged here, once and with its
 * stack, and becomes INTERNAL_SERVER_ERROR with the request's id, by which an operator finds the log line.
 */
export function maskError(
  formatted: GraphQLFormattedError,
  error: unknown,
  request: { requestId: string; log: Pick<Logger, 'error'> },
): GraphQLFormattedError {
  const original = rootOf(error);
  if (original instanceof UserError || isRequestError(formatted, error)) return formatted;
  request.log.error({ err: original, path: formatted.path?.join('.') }, 'a field could not be resolved');
  return {
    message: `Something went wrong here. Tell your operator this request id: ${request.requestId}`,
    ...(formatted.path && { path: formatted.path }),
    ...(formatted.locations && { locations: formatted.locations }),
    extensions: { code: 'INTERNAL_SERVER_ERROR', requestId: request.requestId },
  };
}

export function isUserError(error: unknown): boolean {
  return rootOf(error) instanceof UserError;
}

/** Errors about the request have no path: nothing was resolved. */
function isRequestError(formatted: GraphQLFormattedError, error: unknown): boolean {
  const code = formatted.extensions?.['code'];
  return (
    error instanceof GraphQLError &&
    error.path === undefined &&
    typeof code === 'string' &&
    requestErrorCodes.has(code)
  );
}

function rootOf(error: unknown): unknown {
  let root = error;
  while (root instanceof GraphQLError && root.originalError) root = root.originalError;
  return root;
}
