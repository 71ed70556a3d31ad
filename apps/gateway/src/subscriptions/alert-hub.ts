import type { Logger } from '@parapet/service';
import { gatewayError } from '../errors.ts';
import type { FederationResult } from '../federation/federation.ts';
import type { Principal } from '../identity/principal.ts';
import { TokenError } from '../identity/token-error.ts';
import type { GatewayTelemetry } from '../telemetry.ts';
import { type BoundedQueue, createBoundedQueue } from './bounded-queue.ts';
import { type AnnouncedAlert, createHydrationGroup, type HydrationGroup } from './hydration-group.ts';
import type { HydrationQuery } from './hydration-query.ts';

export interface AlertSubscription {
  readonly query: HydrationQuery;
  readonly principal: Principal | undefined;
  /** OCSF severity id; alerts below it are not delivered. */
  readonly minSeverity: number;
  /** Asks again whether the subscriber's token holds. @throws TokenError when it does not. */
  readonly revalidate: () => Promise<Principal | undefined>;
  /** The subscriber reads slower than alerts come; its stream has been ended. */
  readonly onSlow?: () => void;
}

export interface AlertHub {
  /** @throws GraphQLError RATE_LIMITED when there are too many subscriptions, of this identity or in all. */
  subscribe(subscription: AlertSubscription): AsyncIterableIterator<FederationResult>;
  /** Never waits and never grows: who cannot keep up is ended. */
  announce(alert: AnnouncedAlert): void;
  /** Resolves when what was announced has been delivered and taken by its readers, or at the deadline. */
  settle(deadline: AbortSignal): Promise<void>;
  /** Ends all streams. */
  close(): void;
}

export interface AlertHubOptions {
  readonly hydrate: (
    query: HydrationQuery,
    alertId: string,
    scopes: readonly string[],
  ) => Promise<FederationResult | undefined>;
  readonly telemetry: Pick<GatewayTelemetry, 'subscribers' | 'alert'>;
  readonly log: Logger;
  /** Results one subscriber may be behind. */
  readonly maxQueued: number;
  readonly maxSubscribers: number;
  readonly maxPerSubject: number;
}

interface Subscriber extends AlertSubscription {
  readonly queue: BoundedQueue<FederationResult>;
}

/** Alerts a group of equal subscriptions may have waiting to be resolved. */
const maxWaitingAlerts = 1_000;
const hydrationsPerGroup = 4;

/** Sends each announced alert to every subscriber that wants it, resolved once for those that asked the same. */
export function createAlertHub(options: AlertHubOptions): AlertHub {
  const { telemetry, log } = options;
  const groups = new Map<string, HydrationGroup<Subscriber>>();
  const bySubject = new Map<string, number>();
  let count = 0;

  function change(subject: string, by: 1 | -1): void {
    count += by;
    const left = (bySubject.get(subject) ?? 0) + by;
    if (left > 0) bySubject.set(subject, left);
    else bySubject.delete(subject);
    telemetry.subscribers(count);
  }

  async function deliver(subscriber: Subscriber, result: FederationResult): Promise<void> {
    const refusal = await findRefusal(subscriber);
    if (refusal !== undefined) {
      subscriber.queue.push({ errors: [refusal] });
      subscriber.queue.end();
      return;
    }
    if (!subscriber.queue.push(result)) dropSlow(subscriber);
  }

  function dropSlow(subscriber: Subscriber): void {
    subscriber.queue.return().catch(() => undefined);
    subscriber.onSlow?.();
  }

  async function findRefusal({ revalidate, principal }: Subscriber) {
    try {
      const now = await revalidate();
      if (scopesKey(now) === scopesKey(principal)) return undefined;
      return gatewayError('FORBIDDEN', 'The scopes of the token have changed. Subscribe again.');
    } catch (error) {
      if (error instanceof TokenError) return gatewayError('UNAUTHENTICATED', error.message);
      return gatewayError(
        'SERVICE_UNAVAILABLE',
        'The token cannot be checked at the moment. Subscribe again.',
        {
          ...(error instanceof Error && { originalError: error }),
        },
      );
    }
  }

  function groupOf({ query, principal }: AlertSubscription, key: string): HydrationGroup<Subscriber> {
    const known = groups.get(key);
    if (known !== undefined) return known;
    const group = createHydrationGroup<Subscriber>({
      hydrate: async (alertId) => {
        try {
          const result = await options.hydrate(query, alertId, principal?.scopes ?? []);
          telemetry.alert(
            result === undefined ? 'gone' : result.errors === undefined ? 'delivered' : 'failed',
          );
          return result;
        } catch (err) {
          log.error({ err, alertId }, 'an announced alert could not be resolved');
          telemetry.alert('failed');
          return { errors: [gatewayError('INTERNAL_SERVER_ERROR', 'An alert could not be resolved.')] };
        }
      },
      deliver,
      onOverflow: (subscribers) => {
        log.warn(
          { subscribers: subscribers.length },
          'alerts come faster than a subscription can be resolved',
        );
        for (const subscriber of subscribers) dropSlow(subscriber);
      },
      maxWaiting: maxWaitingAlerts,
      concurrency: hydrationsPerGroup,
    });
    groups.set(key, group);
    return group;
  }

  return {
    subscribe(subscription) {
      const { principal, query } = subscription;
      const subject = `${principal?.kind}:${principal?.subject}`;
      if (count >= options.maxSubscribers || (bySubject.get(subject) ?? 0) >= options.maxPerSubject) {
        throw gatewayError(
          'RATE_LIMITED',
          'Too many subscriptions are open. End some before you start others.',
          {
            retryAfterSeconds: 10,
          },
        );
      }
      const key = `${query.key}\n${scopesKey(principal)}`;
      const group = groupOf(subscription, key);
      const queue = createBoundedQueue<FederationResult>(options.maxQueued, () => {
        group.subscribers.delete(subscriber);
        if (group.subscribers.size === 0 && groups.get(key) === group) groups.delete(key);
        change(subject, -1);
      });
      const subscriber: Subscriber = { ...subscription, queue };
      group.subscribers.add(subscriber);
      change(subject, 1);
      return queue;
    },
    announce(alert) {
      for (const group of groups.values()) {
        group.announce(alert, (subscriber) => subscriber.minSeverity <= alert.severity);
      }
    },
    async settle(deadline) {
      const settled = Promise.all(
        [...groups.values()].map(async (group) => {
          await group.settled();
          await Promise.all([...group.subscribers].map(({ queue }) => queue.idle()));
        }),
      );
      const late = new Promise<void>((resolve) => {
        if (deadline.aborted) resolve();
        deadline.addEventListener('abort', () => resolve(), { once: true });
      });
      await Promise.race([settled, late]);
    },
    close() {
      for (const group of [...groups.values()]) {
        for (const { queue } of [...group.subscribers]) queue.end();
      }
    },
  };
}

function scopesKey(principal: Principal | undefined): string {
  return [...(principal?.scopes ?? [])].sort((a, b) => (a < b ? -1 : 1)).join(' ');
}
