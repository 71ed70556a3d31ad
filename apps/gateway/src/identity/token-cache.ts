import { createHash } from 'node:crypto';
import type { TokenVerifier } from './api-key-verifier.ts';
import type { Principal } from './principal.ts';
import { IdentityUnavailableError, TokenError } from './token-error.ts';

export interface TokenCacheOptions {
  /** Milliseconds a good answer is used again: a revoked key holds at most this much longer. @default 3000 */
  readonly positiveTtlMs?: number;
  /** Milliseconds a bad answer is used again: a key is refused at most this long after it was made. @default 3000 */
  readonly negativeTtlMs?: number;
  /** Milliseconds a good answer is still used while the verifier is unavailable. @default 60000 */
  readonly staleMs?: number;
  /** Tokens remembered; the least recently used go first. @default 10000 */
  readonly maxEntries?: number;
  readonly now?: () => number;
}

export interface TokenCache {
  /** @throws TokenError, IdentityUnavailableError */
  verify: TokenVerifier;
  /** The principal of a token that was verified lately; asks nobody. */
  peek(token: string): Principal | undefined;
}

/** `at`: when the answer was given; `askedAt`: when it was last asked for, in vain or not. */
type Entry = { readonly at: number; readonly askedAt: number } & (
  | { principal: Principal }
  | { error: TokenError }
);

/** Remembers what a verifier said, for a short time, in bounded memory, by the hash of the token. */
export function createTokenCache(verify: TokenVerifier, options: TokenCacheOptions = {}): TokenCache {
  const {
    positiveTtlMs = 3_000,
    negativeTtlMs = 3_000,
    staleMs = 60_000,
    maxEntries = 10_000,
    now = Date.now,
  } = options;
  const entries = new Map<string, Entry>();
  const pending = new Map<string, Promise<Principal>>();

  const isFresh = (entry: Entry) =>
    now() - entry.askedAt < ('principal' in entry ? positiveTtlMs : negativeTtlMs);

  async function ask(token: string, key: string): Promise<Principal> {
    const at = now();
    try {
      const principal = await verify(token);
      remember(key, { at, askedAt: at, principal });
      return principal;
    } catch (error) {
      if (error instanceof TokenError) remember(key, { at, askedAt: at, error });
      // While the database is away no key can be revoked either, so an answer of a minute ago is as good as a new one.
      const known = entries.get(key);
      if (error instanceof IdentityUnavailableError && known !== undefined && 'principal' in known) {
        if (now() - known.at < staleMs && !isExpired(known.principal, now())) {
          remember(key, { ...known, askedAt: now() });
          return known.principal;
        }
      }
      throw error;
    }
  }

  function remember(key: string, entry: Entry): void {
    entries.delete(key);
    entries.set(key, entry);
    for (const oldest of entries.keys()) {
      if (entries.size <= maxEntries) break;
      entries.delete(oldest);
    }
  }

  return {
    async verify(token) {
      const key = toKey(token);
      const entry = entries.get(key);
      if (entry !== undefined && isFresh(entry)) {
        if ('error' in entry) throw entry.error;
        if (isExpired(entry.principal, now())) throw new TokenError('The token has expired.');
        return entry.principal;
      }
      let asked = pending.get(key);
      if (asked === undefined) {
        asked = ask(token, key).finally(() => pending.delete(key));
        pending.set(key, asked);
      }
      return await asked;
    },
    peek(token) {
      const entry = entries.get(toKey(token));
      if (entry === undefined || !('principal' in entry) || !isFresh(entry)) return undefined;
      return isExpired(entry.principal, now()) ? undefined : entry.principal;
    },
  };
}

function isExpired(principal: Principal, now: number): boolean {
  return principal.expiresAt !== undefined && principal.expiresAt <= now;
}

/** The tokens themselves are not kept in memory longer than their request. */
function toKey(token: string): string {
  return createHash('sha256').update(token).digest('base64');
}
