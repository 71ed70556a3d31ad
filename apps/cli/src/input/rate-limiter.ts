import { setTimeout as delay } from 'node:timers/promises';

/** Waits so that, on average, at most `perSecond` events pass a second; no wait at all when `perSecond` is undefined. */
export function createRateLimiter(
  perSecond: number | undefined,
  now: () => number = () => performance.now(),
) {
  let next = now();
  return {
    /** Resolves when `count` more events may pass. */
    async pass(count: number, signal?: AbortSignal): Promise<void> {
      if (perSecond === undefined) return;
      const wait = next - now();
      next = Math.max(next, now()) + (count * 1000) / perSecond;
      if (wait > 0) await delay(wait, undefined, { signal });
    },
  };
}
