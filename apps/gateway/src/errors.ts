import { GraphQLError, type GraphQLErrorOptions } from 'graphql';

/**
 * Every code the gateway itself puts under `extensions.code`, with the HTTP status that goes with it. `false` leaves the
 * status to the transport: the answer still carries data.
 */
export const gatewayErrorCodes = {
  /** No token, or one that is unknown, expired or revoked. */
  UNAUTHENTICATED: 401,
  /** The identity lacks a scope that a selected field asks for. */
  FORBIDDEN: 403,
  /** More requests than the identity (or, for failed log-ins, the address) may make. */
  RATE_LIMITED: 429,
  /** The request is not a GraphQL request this endpoint takes. */
  BAD_REQUEST: 400,
  /** A bound on the operation's size, depth, aliases, directives or cost is exceeded. */
  OPERATION_TOO_COMPLEX: 400,
  INTROSPECTION_DISABLED: 400,
  /** A subgraph could not be reached; fields it owns are null. */
  SUBGRAPH_UNAVAILABLE: false,
  /** The operation took longer than its deadline. */
  DEADLINE_EXCEEDED: 504,
  /** Identity could not be checked because the database or the key set cannot be reached. */
  SERVICE_UNAVAILABLE: 503,
  /** Anything unexpected; the cause is in the log under the request id. */
  INTERNAL_SERVER_ERROR: 500,
} as const satisfies Record<string, number | false>;

export type GatewayErrorCode = keyof typeof gatewayErrorCodes;

export interface GatewayErrorOptions extends GraphQLErrorOptions {
  /** Seconds after which to try again; sent as `Retry-After`. */
  retryAfterSeconds?: number;
}

/** An error that may be shown to the caller: its message passes the masking as it is. */
export function gatewayError(
  code: GatewayErrorCode,
  message: string,
  options: GatewayErrorOptions = {},
): GraphQLError {
  const { retryAfterSeconds, extensions, ...rest } = options;
  const status = gatewayErrorCodes[code];
  const headers = {
    ...(retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }),
    ...(code === 'UNAUTHENTICATED' ? { 'www-authenticate': 'Bearer realm="parapet"' } : {}),
  };
  return new GraphQLError(message, {
    ...rest,
    extensions: {
      ...extensions,
      code,
      ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
      ...(status === false ? {} : { http: { status, headers } }),
    },
  });
}

export function errorCode(error: unknown): string | undefined {
  if (!(error instanceof GraphQLError)) return undefined;
  const code = error.extensions['code'];
  return typeof code === 'string' ? code : undefined;
}
