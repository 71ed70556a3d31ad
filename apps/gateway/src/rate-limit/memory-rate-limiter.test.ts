import { expect, it } from 'vitest';
import { describeRateLimiter } from './contract.ts';
import { createMemoryRateLimiter } from './memory-rate-limiter.ts';

describeRateLimiter('memory', createMemoryRateLimiter);

it('keeps at most the given number of keys and forgets the least recently used first', async () => {
  const limiter = createMemoryRateLimiter({ perSecond: 0.001, burst: 1, maxKeys: 2, now: () => 0 });
  await limiter.take('a');
  await limiter.take('b');
  await limiter.take('a');
  await limiter.take('c');
  expect((await limiter.check('a')).allowed).toBe(false);
  expect((await limiter.check('b')).allowed).toBe(true);
});
