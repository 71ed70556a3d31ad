import { type Client, createClient } from 'graphql-ws';
import WebSocket from 'ws';

/** A client of graphql-ws that does not reconnect. */
export function createTestClient(url: string, token?: string): Client {
  return createClient({
    url,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
    lazy: true,
    ...(token !== undefined && { connectionParams: { authorization: `Bearer ${token}` } }),
  });
}

export interface Subscription {
  readonly results: { data?: unknown; errors?: readonly unknown[] | undefined }[];
  /** Resolves when `count` results have arrived. */
  received(count: number): Promise<void>;
  /** Resolves with what ended the subscription: an error, a close event, or undefined for its completion. */
  readonly ended: Promise<unknown>;
  stop(): void;
}

/** Subscribes and collects what comes. */
export function subscribe(
  client: Client,
  query: string,
  variables: Record<string, unknown> = {},
): Subscription {
  const results: Subscription['results'] = [];
  const waiters: { count: number; resolve: () => void }[] = [];
  const { promise: ended, resolve: end } = Promise.withResolvers<unknown>();
  const stop = client.subscribe(
    { query, variables },
    {
      next(result) {
        results.push(result as Subscription['results'][number]);
        for (const { count, resolve } of waiters) if (results.length >= count) resolve();
      },
      error: end,
      complete: () => end(undefined),
    },
  );
  return {
    results,
    received: (count) =>
      new Promise((resolve) => {
        if (results.length >= count) resolve();
        else waiters.push({ count, resolve });
      }),
    ended,
    stop,
  };
}
