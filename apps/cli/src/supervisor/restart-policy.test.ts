import { describe, expect, it } from 'vitest';
import { createRestartPolicy } from './restart-policy.ts';

describe('restart policy', () => {
  it('doubles the pause with every death in the window, up to a bound', () => {
    const policy = createRestartPolicy({ limit: 10, firstDelayMs: 200, maxDelayMs: 1000 });
    const delays = [1, 2, 3, 4, 5].map((second) => policy.died(second * 1000));
    expect(delays).toEqual([200, 400, 800, 1000, 1000].map((delayMs) => ({ kind: 'restart', delayMs })));
  });

  it('gives up at the fifth death within a minute', () => {
    const policy = createRestartPolicy();
    for (const second of [0, 10, 20, 30]) expect(policy.died(second * 1000).kind).toBe('restart');
    expect(policy.died(59_000)).toEqual({ kind: 'give-up', deaths: 5, windowMs: 60_000 });
  });

  it('forgets deaths that are older than the window', () => {
    const policy = createRestartPolicy();
    for (let minute = 0; minute < 20; minute++) {
      expect(policy.died(minute * 61_000)).toEqual({ kind: 'restart', delayMs: 200 });
    }
  });
});
