/** A token that does not hold. The message may be shown to the caller: it never says more than the kind of problem. */
export class TokenError extends Error {
  override readonly name = 'TokenError';
}

/** Whether the token holds cannot be told now: the database or the key set cannot be reached. */
export class IdentityUnavailableError extends Error {
  override readonly name = 'IdentityUnavailableError';
}
