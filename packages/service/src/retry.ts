export interface RetryOptions {
  /** Ends the waiting between attempts; the work itself should follow it too. */
  readonly signal: AbortSignal;
  /** What is worth another attempt; anything else is thrown at once. */
  readonly isRetryable: (error: unknown) => boolean;
  /** In all, the first one included. @default no limit: until the signal aborts */
  readonly attempts?: number;
  /** The longest pause after the first attempt; doubles with each. @default 100 */
  readonly baseMs?: number;
  /** @default 5000 */
  readonly maxMs?: number;
  /** Told before each pause: where to log and count. */
  readonly onRetry?: (error: unknown, attempt: number, pauseMs: number) => void;
  /** From 0 to 1. @default Math.random */
  readonly random?: () => number;
}

/**
 * Does the work until it succeeds. Pauses are drawn between half of and the whole of a bound that doubles, so that many callers
 * of a server that comes back do not all come at once.
 * @throws the last error, or the signal's reason when it aborts during a pause.
 */
export async function retry<T>(work: () => Promise<T>, opts: RetryOptions): Promise<T> {
  const {
    signal,
    isRetryable,
    attempts = Number.POSITIVE_INFINITY,
    baseMs = 100,
    maxMs = 5000,
    random = Math.random,
  } = opts;
  for (let attempt = 1; ; attempt++) {
    signal.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      if (attempt >= attempts || signal.aborted || !isRetryable(error)) throw error;
      const bound = Math.min(maxMs, baseMs * 2 ** (attempt - 1));
      const pauseMs = Math.round(bound * (0.5 + random() / 2));
      opts.onRetry?.(error, attempt, pauseMs);
      await pause(pauseMs, signal);
    }
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    signal.addEventListener('abort', onAbort, { once: true });
  });
}
