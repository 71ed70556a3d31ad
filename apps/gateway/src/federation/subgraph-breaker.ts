import {
  BrokenCircuitError,
  CircuitState,
  circuitBreaker,
  ExponentialBackoff,
  handleType,
  type IBreaker,
  retry,
  SamplingBreaker,
  wrap,
} from 'cockatiel';
import { SubgraphFailure } from './subgraph-failure.ts';

export interface BreakerOptions {
  /** Share of failed calls that opens the circuit, 0 to 1. */
  readonly threshold: number;
  /** Milliseconds over which that share is taken. */
  readonly windowMs: number;
  /** Calls a second below which the circuit stays closed: few calls say little. */
  readonly minimumCallsPerSecond: number;
  /** Milliseconds the circuit stays open before one call is let through to try. */
  readonly halfOpenAfterMs: number;
}

export const defaultBreakerOptions: BreakerOptions = {
  threshold: 0.5,
  windowMs: 10_000,
  minimumCallsPerSecond: 1,
  halfOpenAfterMs: 2_000,
};

export type BreakerState = 'closed' | 'open' | 'half_open';

export interface SubgraphBreaker {
  readonly state: BreakerState;
  /**
   * Runs `call` unless the circuit is open. A thrown SubgraphFailure counts as a failure, and so does a result for which
   * `isFailure` holds (the result is still returned). With `retryable`, a retryable failure is tried once more.
   *
   * @throws SubgraphFailure with reason `breaker_open` without calling when the circuit is open.
   */
  run<T extends object>(
    call: () => Promise<T>,
    options: { retryable: boolean; isFailure(result: T): boolean; signal: AbortSignal },
  ): Promise<T>;
}

/** A circuit breaker for one subgraph, with one jittered retry inside the operation's deadline. */
export function createSubgraphBreaker(
  subgraph: string,
  options: BreakerOptions,
  onStateChange: (state: BreakerState) => void = () => undefined,
): SubgraphBreaker {
  const failedResults = new WeakSet<object>();
  const sampling = new SamplingBreaker({
    threshold: options.threshold,
    duration: options.windowMs,
    minimumRps: options.minimumCallsPerSecond,
  });
  const breaker = circuitBreaker(
    handleType(SubgraphFailure).orWhenResult(
      (result) => typeof result === 'object' && result !== null && failedResults.has(result),
    ),
    { halfOpenAfter: options.halfOpenAfterMs, breaker: sampling satisfies IBreaker },
  );
  breaker.onStateChange((state) => onStateChange(toBreakerState(state)));
  const once = retry(
    handleType(SubgraphFailure, (failure) => failure.retryable),
    { maxAttempts: 1, backoff: new ExponentialBackoff({ initialDelay: 50, maxDelay: 250 }) },
  );
  const withRetry = wrap(once, breaker);

  return {
    get state() {
      return toBreakerState(breaker.state);
    },
    async run(call, { retryable, isFailure, signal }) {
      const policy = retryable ? withRetry : breaker;
      try {
        return await policy.execute(async () => {
          const result = await call();
          if (isFailure(result)) failedResults.add(result);
          return result;
        }, signal);
      } catch (error) {
        if (!(error instanceof BrokenCircuitError)) throw error;
        throw new SubgraphFailure(subgraph, 'breaker_open', {
          detail: 'not asked, because it failed too often in the last seconds',
          retryable: false,
          cause: error,
        });
      }
    },
  };
}

function toBreakerState(state: CircuitState): BreakerState {
  if (state === CircuitState.Closed) return 'closed';
  return state === CircuitState.HalfOpen ? 'half_open' : 'open';
}
