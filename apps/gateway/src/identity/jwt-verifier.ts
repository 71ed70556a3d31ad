import { expandScopes } from '@parapet/subgraph/identity';
import { createRemoteJWKSet, errors, type JWTPayload, jwtVerify } from 'jose';
import { z } from 'zod';
import type { TokenVerifier } from './api-key-verifier.ts';
import { IdentityUnavailableError, TokenError } from './token-error.ts';

export interface JwtOptions {
  readonly jwksUrl: string;
  readonly issuer: string;
  readonly audience: string;
  /** Milliseconds between two fetches of the key set for a key id it lacks. @default 30000 */
  readonly cooldownMs?: number;
}

/** Asymmetric only: with a symmetric one, the public key could be used to forge tokens. */
const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];

const Claims = z.object({
  sub: z.string().min(1).max(500),
  exp: z.number(),
  scope: z.union([z.string().max(4096), z.array(z.string().max(200)).max(200)]).optional(),
  scopes: z.array(z.string().max(200)).max(200).optional(),
});

/**
 * Checks JWTs against a remote key set, which is fetched again when a token names a key it lacks (rotation) and at least
 * every ten minutes (withdrawal).
 */
export function createJwtVerifier(options: JwtOptions): TokenVerifier {
  const keys = createRemoteJWKSet(new URL(options.jwksUrl), {
    cooldownDuration: options.cooldownMs ?? 30_000,
    cacheMaxAge: 600_000,
    timeoutDuration: 5_000,
  });
  return async (token) => {
    const payload = await jwtVerify(token, keys, {
      algorithms,
      issuer: options.issuer,
      audience: options.audience,
      requiredClaims: ['exp', 'sub'],
      clockTolerance: 5,
    }).then((verified) => verified.payload, rejectToken);
    return toPrincipal(payload);
  };
}

function rejectToken(cause: unknown): never {
  if (cause instanceof errors.JWTExpired) throw new TokenError('The token has expired.', { cause });
  // A key set that cannot be fetched says nothing about the token; jose has no error class of its own for it.
  if (
    !(cause instanceof errors.JOSEError) ||
    cause instanceof errors.JWKSTimeout ||
    cause instanceof errors.JWKSInvalid ||
    cause.code === 'ERR_JOSE_GENERIC'
  ) {
    throw new IdentityUnavailableError('The key set for tokens cannot be fetched.', { cause });
  }
  throw new TokenError('The token is not valid here.', { cause });
}

function toPrincipal(payload: JWTPayload) {
  const claims = Claims.safeParse(payload);
  if (!claims.success) throw new TokenError('The token lacks claims that are needed here.');
  const { sub, exp, scope = [], scopes = [] } = claims.data;
  const granted = [...(typeof scope === 'string' ? scope.split(' ') : scope), ...scopes];
  return { subject: sub, kind: 'user' as const, scopes: expandScopes(granted), expiresAt: exp * 1000 };
}
