import type { FieldValue } from '../column-batch.ts';
import {
  type CorrelationMatch,
  type Correlator,
  type CorrelatorLimits,
  type CorrelatorStats,
  createCorrelator,
} from './correlator.ts';
import type { CorrelatorSnapshot } from './correlator-snapshot.ts';
import type { LinkedCorrelation } from './link-correlations.ts';

/** A rule that matched an event. */
export interface RuleMatch {
  /** Id of the rule. */
  readonly rule: string;
  /** When the event happened, in milliseconds. */
  readonly time: number;
  /** Names the event. */
  readonly ref: string;
  /** The event's fields; asked for `groupFields` and `valueFields` alone. */
  field(name: string): FieldValue | undefined;
}

/** All correlations of a rule set, chained. Pure, as `Correlator` is. */
export interface CorrelationEngine {
  /** What a match of a rule completes, in the order in which it completes it: correlations first, those over them after. */
  add(match: RuleMatch): readonly CorrelationMatch[];
  /** See `Correlator.advance`. */
  advance(time: number): void;
  /** By id of the correlation. */
  stats(): ReadonlyMap<string, CorrelatorStats>;
  /** By id of the correlation, as plain data for JSON. */
  snapshot(): Readonly<Record<string, CorrelatorSnapshot>>;
}

/** Events that a match of a correlation hands to those over it; more would grow with every link of a chain. */
const maxEvents = 100;

/**
 * Runs the correlations of a rule set (`RuleSet.correlations`). A snapshot of one that has been changed since is left
 * aside, and so are those of correlations that are no longer there.
 */
export function createCorrelationEngine(
  correlations: readonly LinkedCorrelation[],
  limits: CorrelatorLimits = {},
  snapshots: Readonly<Record<string, CorrelatorSnapshot>> = {},
): CorrelationEngine {
  const correlators = new Map<string, Correlator>();
  const routes = new Map<string, { linked: LinkedCorrelation; correlator: Correlator; source: number }[]>();
  for (const linked of correlations) {
    const { id } = linked.correlation;
    const snapshot = Object.hasOwn(snapshots, id) ? snapshots[id] : undefined;
    const correlator = createCorrelator(linked, limits, snapshot);
    correlators.set(id, correlator);
    for (const [source, { id: from }] of linked.sources.entries()) {
      const route = { linked, correlator, source };
      const known = routes.get(from);
      if (known === undefined) routes.set(from, [route]);
      else known.push(route);
    }
  }

  return {
    add(match) {
      const found: CorrelationMatch[] = [];
      const feed = (
        given: RuleMatch & { readonly events?: readonly string[]; readonly repeats?: boolean },
      ): void => {
        const { rule, time, ref, events, repeats = false } = given;
        for (const { linked, correlator, source } of routes.get(rule) ?? []) {
          const fields = linked.sources[source];
          const completed = correlator.add({
            source,
            time,
            ref,
            group: fields?.groupFields.map((name) => given.field(name)) ?? [],
            values: fields?.valueFields.map((name) => given.field(name)) ?? [],
            ...(events === undefined ? {} : { events }),
            repeats,
          });
          if (completed === undefined) continue;
          found.push(completed);
          feed(asRuleMatch(completed, given));
        }
      };
      feed(match);
      return found;
    },
    advance(time) {
      for (const correlator of correlators.values()) correlator.advance(time);
    },
    stats: () => new Map(Array.from(correlators, ([id, correlator]) => [id, correlator.stats()])),
    snapshot: () =>
      Object.fromEntries(Array.from(correlators, ([id, correlator]) => [id, correlator.snapshot()])),
  };
}

/** A correlation's match has the fields it is grouped by, and of the event that completed it the others. */
function asRuleMatch(
  { correlation, key, time, group, contributions, repeats }: CorrelationMatch,
  completing: RuleMatch,
): RuleMatch & { readonly events: readonly string[]; readonly repeats: boolean } {
  const events = new Set(contributions.flatMap((contribution) => contribution.events ?? [contribution.ref]));
  return {
    rule: correlation.id,
    time,
    ref: key,
    field: (name) => {
      const index = correlation.groupBy.indexOf(name);
      return index === -1 ? completing.field(name) : group[index];
    },
    events: Array.from(events).slice(-maxEvents),
    repeats,
  };
}
