export type RestartDecision =
  | { readonly kind: 'restart'; readonly delayMs: number }
  | { readonly kind: 'give-up'; readonly deaths: number; readonly windowMs: number };

export interface RestartPolicy {
  /** What to do after a death at `now` (milliseconds of a clock that only rises). */
  died(now: number): RestartDecision;
}

/**
 * Growing pauses between restarts, from `firstDelayMs` doubling to `maxDelayMs`, counted over the deaths within the window;
 * `limit` deaths within `windowMs` are a crash loop.
 */
export function createRestartPolicy(
  options: {
    readonly limit?: number;
    readonly windowMs?: number;
    readonly firstDelayMs?: number;
    readonly maxDelayMs?: number;
  } = {},
): RestartPolicy {
  const { limit = 5, windowMs = 60_000, firstDelayMs = 200, maxDelayMs = 10_000 } = options;
  let deaths: number[] = [];
  return {
    died(now) {
      deaths = [...deaths.filter((at) => now - at < windowMs), now];
      if (deaths.length >= limit) return { kind: 'give-up', deaths: deaths.length, windowMs };
      return { kind: 'restart', delayMs: Math.min(maxDelayMs, firstDelayMs * 2 ** (deaths.length - 1)) };
    },
  };
}
