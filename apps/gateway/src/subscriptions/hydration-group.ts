import type { FederationResult } from '../federation/federation.ts';

/** An alert as the hub hears of it. */
export interface AnnouncedAlert {
  readonly id: string;
  /** OCSF severity id, 1 to 5. */
  readonly severity: number;
}

export interface HydrationGroupOptions<S> {
  /** Resolves the group's selection for one alert; undefined when the alert is no more. */
  readonly hydrate: (alertId: string) => Promise<FederationResult | undefined>;
  /** Gives one subscriber its result; called in the order of the announcements. */
  readonly deliver: (subscriber: S, result: FederationResult) => Promise<void>;
  /** The alerts that wait reached `maxWaiting`: this group cannot keep up. */
  readonly onOverflow: (subscribers: readonly S[]) => void;
  readonly maxWaiting: number;
  /** Hydrations of this group under way at the same time. */
  readonly concurrency: number;
}

/** Subscribers that asked the same with the same rights: each alert is resolved once for all of them. */
export interface HydrationGroup<S> {
  readonly subscribers: Set<S>;
  /** `wanted` picks who hears of it, as of now. */
  announce(alert: AnnouncedAlert, wanted: (subscriber: S) => boolean): void;
  /** Resolves when nothing announced so far is under way. */
  settled(): Promise<void>;
}

export function createHydrationGroup<S>(options: HydrationGroupOptions<S>): HydrationGroup<S> {
  const subscribers = new Set<S>();
  const waiting: { alert: AnnouncedAlert; audience: readonly S[] }[] = [];
  let running = 0;
  let delivered: Promise<void> = Promise.resolve();

  function pump(): void {
    while (running < options.concurrency) {
      const next = waiting.shift();
      if (next === undefined) return;
      running += 1;
      const hydrated = options.hydrate(next.alert.id).finally(() => {
        running -= 1;
        pump();
      });
      // Hydrations may overtake each other; deliveries may not.
      delivered = Promise.all([hydrated, delivered]).then(async ([result]) => {
        if (result === undefined) return;
        const audience = next.audience.filter((subscriber) => subscribers.has(subscriber));
        await Promise.all(audience.map((subscriber) => options.deliver(subscriber, result)));
      });
    }
  }

  return {
    subscribers,
    announce(alert, wanted) {
      const audience = [...subscribers].filter(wanted);
      if (audience.length === 0) return;
      if (waiting.length >= options.maxWaiting) {
        waiting.length = 0;
        options.onOverflow([...subscribers]);
        return;
      }
      waiting.push({ alert, audience });
      pump();
    },
    async settled() {
      while (running > 0 || waiting.length > 0) await delivered;
      await delivered;
    },
  };
}
