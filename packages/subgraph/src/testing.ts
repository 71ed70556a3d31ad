import { createLifecycle, createLogger, createMetrics, type Logger, type Metrics } from '@parapet/service';
import { type Identity, identityHeader, type Scope, scopes, signIdentity } from './identity.ts';

/** What a test gets back from a subgraph. */
export interface TestAnswer {
  // biome-ignore lint/suspicious/noExplicitAny: a test knows the shape of what it asked for
  readonly data: any;
  readonly errors?: readonly {
    readonly message: string;
    readonly path?: readonly (string | number)[];
    readonly extensions: { readonly code: string };
  }[];
}

export type Ask = (
  query: string,
  variables?: Record<string, unknown>,
  identity?: { scopes?: readonly Scope[]; subject?: string },
) => Promise<TestAnswer>;

/** Asks a subgraph as the gateway does, for somebody with all scopes unless told otherwise. */
export function createAsk(url: string, secret: string): Ask {
  return async (query, variables = {}, who = {}) => {
    const identity: Identity = {
      subject: who.subject ?? 'tester',
      kind: 'user',
      scopes: who.scopes ?? scopes,
      requestId: 'test-request',
    };
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        [identityHeader]: await signIdentity(identity, secret),
      },
      body: JSON.stringify({ query, variables }),
    });
    return (await response.json()) as TestAnswer;
  };
}

/** Runs the `start` of a service inside a test, without a process around it. */
export async function startForTest<C, R>(
  start: (context: {
    config: C;
    log: Logger;
    metrics: Metrics;
    lifecycle: ReturnType<typeof createLifecycle>;
  }) => Promise<R>,
  config: C,
): Promise<{
  result: R;
  metrics: Metrics;
  failingChecks(): Promise<string[]>;
  stop(): Promise<number>;
}> {
  const log = createLogger({ service: 'test', level: 'silent' });
  const metrics = createMetrics('test');
  const lifecycle = createLifecycle({ log, deadlineMs: 15_000 });
  try {
    const result = await start({ config, log, metrics, lifecycle });
    return {
      result,
      metrics,
      failingChecks: () => lifecycle.failingChecks(),
      stop: () => lifecycle.stop('the end of the test'),
    };
  } catch (error) {
    await lifecycle.stop('a failed start');
    throw error;
  }
}
