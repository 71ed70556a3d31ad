import { TokenError } from './token-error.ts';

/** Longer than any token we issue, and than JWTs with many claims; anything above is refused unread. */
const maxTokenLength = 8192;

/**
 * The token of an `Authorization: Bearer` value; undefined when there is none.
 *
 * @throws TokenError when the value is not of that form.
 */
export function parseBearer(authorization: unknown): string | undefined {
  if (authorization === undefined || authorization === null || authorization === '') return undefined;
  if (typeof authorization !== 'string' || authorization.length > maxTokenLength) {
    throw new TokenError('The Authorization value is not a bearer token.');
  }
  const token = /^Bearer +([A-Za-z0-9._~+/=-]+) *$/i.exec(authorization)?.[1];
  if (token === undefined) {
    throw new TokenError('The Authorization value must be of the form "Bearer TOKEN".');
  }
  return token;
}
