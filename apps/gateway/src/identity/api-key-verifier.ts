import { type ApiKeyRecord, isApiKeyActive } from '@parapet/database/api-keys';
import { expandScopes } from '@parapet/subgraph/identity';
import type { Principal } from './principal.ts';
import { IdentityUnavailableError, TokenError } from './token-error.ts';

export type TokenVerifier = (token: string) => Promise<Principal>;

/** Checks API keys against the database. `find` gives the key of a token, also when it no longer holds. */
export function createApiKeyVerifier(
  find: (token: string) => Promise<ApiKeyRecord | undefined>,
): TokenVerifier {
  return async (token) => {
    const key = await find(token).catch((cause: unknown) => {
      throw new IdentityUnavailableError('API keys cannot be looked up.', { cause });
    });
    // One message for all three: which keys exist is nobody's business.
    if (key === undefined || !isApiKeyActive(key, new Date())) {
      throw new TokenError('The API key is unknown, expired or revoked.');
    }
    return {
      subject: key.id,
      kind: 'api_key',
      scopes: expandScopes(key.scopes),
      ...(key.expiresAt !== null && { expiresAt: key.expiresAt.getTime() }),
    };
  };
}
