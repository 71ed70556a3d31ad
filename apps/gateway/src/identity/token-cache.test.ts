import { describe, expect, it, vi } from 'vitest';
import type { Principal } from './principal.ts';
import { createTokenCache, type TokenCacheOptions } from './token-cache.ts';
import { IdentityUnavailableError, TokenError } from './token-error.ts';

const ann: Principal = { subject: 'ann', kind: 'user', scopes: ['admin'] };

function start(options: TokenCacheOptions = {}, answer: () => Promise<Principal> = async () => ann) {
  const clock = { ms: 1_000_000 };
  const verify = vi.fn(async (_token: string) => await answer());
  const cache = createTokenCache(verify, {
    positiveTtlMs: 1_000,
    negativeTtlMs: 500,
    now: () => clock.ms,
    ...options,
  });
  return { cache, verify, clock };
}

describe('token cache', () => {
  it('asks once for as long as the answer is fresh, and for each token on its own', async () => {
    const { cache, verify, clock } = start();
    await cache.verify('t');
    clock.ms += 999;
    await cache.verify('t');
    expect(verify).toHaveBeenCalledTimes(1);
    await cache.verify('u');
    clock.ms += 1;
    await cache.verify('t');
    expect(verify).toHaveBeenCalledTimes(3);
  });

  it('asks once for callers that come at the same time', async () => {
    const { cache, verify } = start();
    await Promise.all(Array.from({ length: 50 }, () => cache.verify('t')));
    expect(verify).toHaveBeenCalledTimes(1);
  });

  it('remembers a refusal for its own time', async () => {
    const { cache, verify, clock } = start({}, async () => {
      throw new TokenError('no');
    });
    await expect(cache.verify('t')).rejects.toThrow(TokenError);
    await expect(cache.verify('t')).rejects.toThrow(TokenError);
    expect(verify).toHaveBeenCalledTimes(1);
    clock.ms += 500;
    await expect(cache.verify('t')).rejects.toThrow(TokenError);
    expect(verify).toHaveBeenCalledTimes(2);
  });

  it('refuses a token that expires while its answer is fresh', async () => {
    const { cache, clock } = start({}, async () => ({ ...ann, expiresAt: 1_000_400 }));
    await cache.verify('t');
    expect(cache.peek('t')).toBeDefined();
    clock.ms += 400;
    await expect(cache.verify('t')).rejects.toThrow(/expired/);
    expect(cache.peek('t')).toBeUndefined();
  });

  it('goes on with the last good answer for a while when nobody can be asked, and asks again meanwhile', async () => {
    const state: { away: boolean } = { away: false };
    const { cache, verify, clock } = start({ staleMs: 5_000 }, async () => {
      if (state.away) throw new IdentityUnavailableError('away');
      return ann;
    });
    await cache.verify('t');
    state.away = true;
    clock.ms += 2_000;
    expect(await cache.verify('t')).toBe(ann);
    expect(await cache.verify('t')).toBe(ann);
    expect(verify).toHaveBeenCalledTimes(2);
    await expect(cache.verify('never seen')).rejects.toThrow(IdentityUnavailableError);
    clock.ms += 3_000;
    await expect(cache.verify('t')).rejects.toThrow(IdentityUnavailableError);
  });

  it('does not take a token back that was refused after it was good', async () => {
    const answers: (() => Promise<Principal>)[] = [
      async () => ann,
      async () => {
        throw new TokenError('revoked');
      },
      async () => {
        throw new IdentityUnavailableError('away');
      },
    ];
    const { cache, clock } = start({}, async () => await (answers.shift()?.() ?? ann));
    await cache.verify('t');
    clock.ms += 1_000;
    await expect(cache.verify('t')).rejects.toThrow('revoked');
    clock.ms += 1_000;
    await expect(cache.verify('t')).rejects.toThrow(IdentityUnavailableError);
  });

  it('keeps a bounded number of tokens', async () => {
    const { cache, verify } = start({ maxEntries: 3 });
    for (const token of ['a', 'b', 'c', 'd']) await cache.verify(token);
    expect(cache.peek('a')).toBeUndefined();
    expect(cache.peek('d')).toBe(ann);
    await cache.verify('a');
    expect(verify).toHaveBeenCalledTimes(5);
  });
});
