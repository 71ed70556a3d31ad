/** A token bucket: `burst` requests at once, refilled at `perSecond`. */
export interface BucketOptions {
  readonly perSecond: number;
  readonly burst: number;
}

export type RateDecision = { allowed: true } | { allowed: false; retryAfterSeconds: number };

/** Counts what each key spends. Implementations must pass `describeRateLimiter` of `contract.ts`. */
export interface RateLimiter {
  /** Takes one token of the key's bucket; when there is none, says after how many whole seconds there will be. */
  take(key: string): Promise<RateDecision>;
  /** Whether `take` would be allowed, without taking. */
  check(key: string): Promise<RateDecision>;
}
