import { describe, expect, it } from 'vitest';
import type { BucketOptions, RateLimiter } from './rate-limiter.ts';

/** What every rate limiter must do. `create` gives a limiter on the given clock. */
export function describeRateLimiter(
  name: string,
  create: (options: BucketOptions & { now: () => number }) => RateLimiter,
): void {
  describe(`rate limiter: ${name}`, () => {
    const start = (options: BucketOptions) => {
      const clock = { ms: 1_000 };
      return { clock, limiter: create({ ...options, now: () => clock.ms }) };
    };
    const spend = async (limiter: RateLimiter, key: string, times: number) => {
      let allowed = 0;
      for (let i = 0; i < times; i += 1) if ((await limiter.take(key)).allowed) allowed += 1;
      return allowed;
    };

    it('allows a burst and refuses what goes beyond it', async () => {
      const { limiter } = start({ perSecond: 1, burst: 5 });
      expect(await spend(limiter, 'a', 8)).toBe(5);
    });

    it('refills at its rate and never beyond the burst', async () => {
      const { limiter, clock } = start({ perSecond: 2, burst: 4 });
      await spend(limiter, 'a', 4);
      clock.ms += 1_000;
      expect(await spend(limiter, 'a', 4)).toBe(2);
      clock.ms += 3_600_000;
      expect(await spend(limiter, 'a', 10)).toBe(4);
    });

    it('says after how many seconds to come back, and keeps its word', async () => {
      const { limiter, clock } = start({ perSecond: 0.1, burst: 1 });
      await limiter.take('a');
      const decision = await limiter.take('a');
      expect(decision).toEqual({ allowed: false, retryAfterSeconds: 10 });
      clock.ms += 10_000;
      expect(await limiter.take('a')).toEqual({ allowed: true });
    });

    it('keeps keys apart', async () => {
      const { limiter } = start({ perSecond: 1, burst: 1 });
      await limiter.take('a');
      expect(await limiter.take('b')).toEqual({ allowed: true });
    });

    it('takes nothing by a check', async () => {
      const { limiter } = start({ perSecond: 1, burst: 1 });
      expect(await limiter.check('a')).toEqual({ allowed: true });
      expect(await limiter.check('a')).toEqual({ allowed: true });
      await limiter.take('a');
      expect((await limiter.check('a')).allowed).toBe(false);
    });
  });
}
