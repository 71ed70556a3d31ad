import type { Observation } from '@parapet/event-model';

export interface ObservationThrottleOptions {
  /** How far an asset's first or last time may be behind, in milliseconds of event time. @default 60,000 */
  readonly windowMs?: number;
  /** Facts remembered; the oldest are forgotten first, which costs a repeated observation and nothing else. @default 100,000 */
  readonly maxFacts?: number;
}

export interface ObservationThrottle {
  /** The observations that say something new: an unknown name or user, or a time a window or more away from what was sent. */
  admit(observations: readonly Observation[]): readonly Observation[];
}

interface Range {
  first: number;
  last: number;
}

/**
 * Lets one observation per fact and minute through. Time is the events' own, so that a replay at any speed tells the
 * assets the same. It forgets when the process ends: an observation applied twice changes nothing.
 */
export function createObservationThrottle(options: ObservationThrottleOptions = {}): ObservationThrottle {
  const windowMs = options.windowMs ?? 60_000;
  const maxFacts = options.maxFacts ?? 100_000;
  const facts = new Map<string, Range>();

  const isNews = (key: string, { firstSeen, lastSeen }: Observation): boolean => {
    const known = facts.get(key);
    return known === undefined || firstSeen <= known.first - windowMs || lastSeen >= known.last + windowMs;
  };
  const remember = (key: string, { firstSeen, lastSeen }: Observation): void => {
    const known = facts.get(key);
    facts.delete(key);
    if (facts.size >= maxFacts) {
      const [oldest] = facts.keys();
      if (oldest !== undefined) facts.delete(oldest);
    }
    facts.set(key, {
      first: Math.min(firstSeen, known?.first ?? firstSeen),
      last: Math.max(lastSeen, known?.last ?? lastSeen),
    });
  };

  return {
    admit: (observations) =>
      observations.filter((observation) => {
        const keys = factKeys(observation);
        if (!keys.some((key) => isNews(key, observation))) return false;
        for (const key of keys) remember(key, observation);
        return true;
      }),
  };
}

/** An observation is the fact that the asset is there, and one more for each user on it. */
function factKeys({ role, source, names, users }: Observation): readonly string[] {
  const asset = `${role} ${source} ${names.map((name) => name.handle).join(' ')}`;
  return [asset, ...users.map((user) => `${asset} ${user}`)];
}
