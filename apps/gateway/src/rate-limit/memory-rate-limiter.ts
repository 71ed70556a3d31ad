import type { BucketOptions, RateDecision, RateLimiter } from './rate-limiter.ts';

interface Bucket {
  tokens: number;
  at: number;
}

export interface MemoryRateLimiterOptions extends BucketOptions {
  /** Buckets kept; the least recently used go first (and start full when they come back). @default 50000 */
  readonly maxKeys?: number;
  /** Milliseconds on a clock that does not jump. */
  readonly now?: () => number;
}

/** A rate limiter for one process, in bounded memory. */
export function createMemoryRateLimiter(options: MemoryRateLimiterOptions): RateLimiter {
  const { perSecond, burst, maxKeys = 50_000, now = () => performance.now() } = options;
  const buckets = new Map<string, Bucket>();

  const refill = (key: string): Bucket => {
    const at = now();
    const bucket = buckets.get(key);
    if (bucket === undefined) return { tokens: burst, at };
    return { tokens: Math.min(burst, bucket.tokens + ((at - bucket.at) / 1000) * perSecond), at };
  };

  const keep = (key: string, bucket: Bucket): void => {
    buckets.delete(key);
    buckets.set(key, bucket);
    if (buckets.size <= maxKeys) return;
    const oldest = buckets.keys().next();
    if (!oldest.done) buckets.delete(oldest.value);
  };

  const decide = (bucket: Bucket): RateDecision =>
    bucket.tokens >= 1
      ? { allowed: true }
      : { allowed: false, retryAfterSeconds: Math.max(1, Math.ceil((1 - bucket.tokens) / perSecond)) };

  return {
    async take(key) {
      const bucket = refill(key);
      const decision = decide(bucket);
      if (decision.allowed) bucket.tokens -= 1;
      keep(key, bucket);
      return decision;
    },
    async check(key) {
      return decide(refill(key));
    },
  };
}
