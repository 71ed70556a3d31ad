import { errors, jwtVerify, SignJWT } from 'jose';
import { z } from 'zod';

export { expandScopes, isScope, type Scope, scopes } from './scopes.ts';

/** Who asks, as the gateway found out. */
export interface Identity {
  /** Who it is, within its kind: id of the API key, `sub` of the JWT, name of the service. 1 to 500 characters. */
  readonly subject: string;
  readonly kind: 'api_key' | 'user' | 'service';
  readonly scopes: readonly string[];
  /** Id of the request at the gateway: the same in every process's log and in masked errors. 1 to 200 characters. */
  readonly requestId: string;
}

/** The request header that carries a signed identity from the gateway to a subgraph. */
export const identityHeader = 'x-parapet-identity';

/** The identity is missing, forged, expired, or not meant for a subgraph. The message never holds the token. */
export class IdentityError extends Error {
  override readonly name = 'IdentityError';
}

const algorithm = 'HS256';
const issuer = 'parapet-gateway';
const audience = 'parapet-subgraph';
/** Clocks of two machines may differ by this many seconds. */
const clockToleranceSeconds = 5;
const maxTokenLength = 8192;
const minSecretBytes = 32;

const Claims = z.object({
  sub: z.string().min(1).max(500),
  kind: z.enum(['api_key', 'user', 'service']),
  scopes: z.array(z.string().min(1).max(100)).max(100),
  rid: z.string().min(1).max(200),
});

/**
 * Signs an identity as a compact JWS (HS256) that a subgraph accepts for `ttlSeconds` (default 60).
 * @throws when the secret is shorter than 32 bytes.
 */
export async function signIdentity(
  identity: Identity,
  secret: string,
  opts: { ttlSeconds?: number } = {},
): Promise<string> {
  const issuedAt = Math.floor(Date.now() / 1000);
  return new SignJWT({ kind: identity.kind, scopes: [...identity.scopes], rid: identity.requestId })
    .setProtectedHeader({ alg: algorithm })
    .setSubject(identity.subject)
    .setIssuer(issuer)
    .setAudience(audience)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + (opts.ttlSeconds ?? 60))
    .sign(toKey(secret));
}

/**
 * The identity inside a token made by `signIdentity` with the same secret.
 * @throws {IdentityError} when the token is not one, or is no longer valid.
 */
export async function verifyIdentity(token: string, secret: string): Promise<Identity> {
  const key = toKey(secret);
  if (token.length > maxTokenLength) throw new IdentityError('The identity header is too long.');
  const payload = await jwtVerify(token, key, {
    algorithms: [algorithm],
    issuer,
    audience,
    clockTolerance: clockToleranceSeconds,
    requiredClaims: ['exp', 'iat', 'sub'],
  }).then(
    (verified) => verified.payload,
    (error: unknown) => {
      throw new IdentityError(
        error instanceof errors.JWTExpired
          ? 'The identity header has expired: the clocks of gateway and subgraph may differ.'
          : 'The identity header was not signed by this installation’s gateway.',
        { cause: error },
      );
    },
  );
  const claims = Claims.safeParse(payload);
  if (!claims.success) throw new IdentityError('The identity header lacks what an identity needs.');
  const { sub, kind, scopes, rid } = claims.data;
  return { subject: sub, kind, scopes, requestId: rid };
}

function toKey(secret: string): Uint8Array {
  const key = Buffer.from(secret, 'utf8');
  if (key.length < minSecretBytes) {
    throw new Error(`The gateway secret must be at least ${minSecretBytes} bytes long: set GATEWAY_SECRET.`);
  }
  return key;
}
