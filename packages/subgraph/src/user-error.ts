import { GraphQLError } from 'graphql';

/** Codes of errors that callers may see, as `extensions.code`. */
export const userErrorCodes = ['BAD_USER_INPUT', 'FORBIDDEN', 'UNAVAILABLE', 'DEADLINE_EXCEEDED'] as const;
export type UserErrorCode = (typeof userErrorCodes)[number];

/** An error whose message was written for the caller: the only kind that resolvers throw and that leaves the process as it is. */
export class UserError extends GraphQLError {
  override readonly name = 'UserError';

  constructor(code: UserErrorCode, message: string, opts: { cause?: unknown } = {}) {
    super(message, { extensions: { code } });
    if (opts.cause !== undefined) this.cause = opts.cause;
  }
}
