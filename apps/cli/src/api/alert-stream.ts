import { setTimeout as delay } from 'node:timers/promises';
import type { Severity } from '@parapet/event-model';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { z } from 'zod';
import { CommandError, messageOf } from '../command-error.ts';
import { Alert, alertFields } from './alert.ts';

const document = `subscription AlertRaised($minSeverity: Severity) {
  alertRaised(minSeverity: $minSeverity) { ${alertFields} }
}`;

const Raised = z.object({ alertRaised: Alert });

export interface AlertStream {
  /** Resolves when the connection is accepted, so that alerts from now on are delivered. */
  readonly connected: Promise<void>;
  /** Rejects when the stream ends for good by itself; never resolves. */
  readonly failed: Promise<never>;
  close(): Promise<void>;
}

export interface AlertStreamOptions {
  /** HTTP address of the GraphQL endpoint; the WebSocket is on the same. */
  readonly url: string;
  readonly token: string;
  readonly minSeverity?: Severity | undefined;
  /** How often a lost connection is tried again before the stream fails. @default 0 */
  readonly retries?: number;
  onAlert(alert: Alert): void;
  /** The connection was lost and is tried again; alerts raised meanwhile are not delivered here. */
  onLost?(): void;
  /** It is there again. */
  onReconnect?(): void;
}

/** Subscribes to `alertRaised` over graphql-ws. */
export function openAlertStream(options: AlertStreamOptions): AlertStream {
  const connected = Promise.withResolvers<void>();
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => undefined);
  connected.promise.catch(() => undefined);
  const url = options.url.replace(/^http/, 'ws');
  const fail = (error: unknown) => {
    const reason = new CommandError(`Alerts of ${options.url}: ${describe(error)}`, { cause: error });
    connected.reject(reason);
    failed.reject(reason);
  };
  let accepted = 0;
  let isLost = false;
  const closed = new AbortController();

  const client = createClient({
    url,
    webSocketImpl: WebSocket,
    lazy: false,
    retryAttempts: options.retries ?? 0,
    // Longer from time to time, and over at once when nobody waits any more.
    retryWait: (attempt) =>
      delay(Math.min(250 * 2 ** attempt, 10_000) * (0.75 + Math.random() / 2), undefined, {
        signal: closed.signal,
      }).catch(() => undefined),
    // An address or token that is wrong from the start does not become right.
    shouldRetry(error) {
      if (accepted === 0 || closed.signal.aborted || closeCode(error) === forbidden) return false;
      if (!isLost) options.onLost?.();
      isLost = true;
      return true;
    },
    keepAlive: 15_000,
    connectionParams: { authorization: `Bearer ${options.token}` },
    onNonLazyError: fail,
    on: {
      connected: () => {
        if (accepted++ > 0) options.onReconnect?.();
        isLost = false;
        connected.resolve();
      },
    },
  });
  const unsubscribe = client.subscribe(
    { query: document, variables: { minSeverity: options.minSeverity ?? null } },
    {
      next({ data, errors }) {
        if (errors !== undefined) return fail(errors);
        const raised = Raised.safeParse(data);
        if (raised.success) options.onAlert(raised.data.alertRaised);
        else fail(raised.error);
      },
      error: fail,
      complete: () => fail(new Error('the server ended the subscription')),
    },
  );
  return {
    connected: connected.promise,
    failed: failed.promise,
    async close() {
      if (closed.signal.aborted) return;
      closed.abort();
      unsubscribe();
      // While a connection is tried, that it failed.
      await Promise.resolve(client.dispose()).catch(() => undefined);
    },
  };
}

const forbidden = 4403;

function closeCode(error: unknown): number | undefined {
  return typeof error === 'object' && error !== null && 'code' in error ? Number(error.code) : undefined;
}

/** graphql-ws rejects with close events, lists of GraphQL errors, or errors. */
function describe(error: unknown): string {
  if (Array.isArray(error)) return error.map((one: unknown) => messageOf(one)).join('; ');
  if (typeof error === 'object' && error !== null && 'code' in error && 'reason' in error) {
    const { code, reason } = error as { code: unknown; reason: unknown };
    if (code === 1006) return 'the connection was refused or lost. Is Parapet running?';
    return `the server closed the connection (${code}${reason ? `, ${String(reason)}` : ''}). ${code === 4401 || code === 4403 ? 'Is the token right?' : ''}`.trim();
  }
  // What the ws package emits when it cannot connect.
  return error instanceof Error ? error.message : `${messageOf(error)}. Is Parapet running?`;
}
