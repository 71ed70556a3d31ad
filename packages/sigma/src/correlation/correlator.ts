import type { FieldValue } from '../column-batch.ts';
import { type CorrelationGroup, createGroup, type HeldWindow } from './correlation-group.ts';
import { type CorrelatorSnapshot, definitionOf, restoreGroups, takeSnapshot } from './correlator-snapshot.ts';
import { groupKeyOf } from './group-key.ts';
import type { LinkedCorrelation } from './link-correlations.ts';
import { longestChain } from './longest-chain.ts';
import type { SigmaCorrelation } from './sigma-correlation.ts';
import { entryValues, type WindowEntry } from './window-entry.ts';

/** A match of a rule, or of another correlation, that feeds a correlation. */
export interface CorrelationInput {
  /** Index into `LinkedCorrelation.sources`. */
  readonly source: number;
  /** When the event happened, in milliseconds. */
  readonly time: number;
  /** Values of the source's `groupFields`. */
  readonly group: readonly (FieldValue | undefined)[];
  /** Values of the source's `valueFields`. */
  readonly values: readonly (FieldValue | undefined)[];
  /** Names the event; the same event given twice counts once. */
  readonly ref: string;
  /** For a match of a correlation: the events behind it. */
  readonly events?: readonly string[];
  /** For a match of a correlation: `CorrelationMatch.repeats`. Rules are present by it, but nothing is counted twice. */
  readonly repeats?: boolean;
}

export interface Contribution {
  /** Id of the rule or correlation that matched. */
  readonly rule: string;
  readonly time: number;
  readonly ref: string;
  readonly events?: readonly string[];
}

export interface CorrelationMatch {
  readonly correlation: SigmaCorrelation;
  /** The same for the same correlation, group and time. */
  readonly key: string;
  /** Values of `groupBy`, as the first event of the group had them. */
  readonly group: readonly FieldValue[];
  /** Time of the last event of the window in which the condition holds. */
  readonly time: number;
  /** Time of the window's first event. */
  readonly from: number;
  /** What was counted: events, values, rules, or the sum, average, percentile, percent. */
  readonly number: number;
  /** Matches in the window, all of them. */
  readonly total: number;
  /** The matches that made it: of each rule the newest (temporal), the ordered run (temporal_ordered), else the newest. */
  readonly contributions: readonly Contribution[];
  /** Whether the group matched less than a timespan before or after: news for a chain, not for people. */
  readonly repeats: boolean;
}

export interface CorrelatorLimits {
  /** Groups kept; past them the one that was quiet longest is forgotten. @default 100_000 */
  readonly maxGroups?: number;
  /** Entries kept for each group; past them the oldest is forgotten. Never less than a count asks for. @default 10_000 */
  readonly maxEntries?: number;
  /** Entries kept in all; past them whole groups are forgotten, quiet longest first. @default 1_000_000 */
  readonly maxTotalEntries?: number;
  /** Contributions named by a match. @default 100 */
  readonly maxContributions?: number;
  /** How far behind the time given to `advance` an event may be, in milliseconds. @default 300_000 */
  readonly allowedLateness?: number;
}

export interface CorrelatorStats {
  readonly groups: number;
  /** Inputs older than the watermark. */
  readonly late: number;
  /** Inputs without a value of `groupBy` or of a field that is counted. */
  readonly incomplete: number;
  /** Groups and entries forgotten for want of room. */
  readonly droppedGroups: number;
  readonly droppedEntries: number;
}

/** The state of one correlation. No clock and no I/O: time is what events and `advance` say. */
export interface Correlator {
  /** The match that an input completes: one at most, the earliest that is news, else the earliest. */
  add(input: CorrelationInput): CorrelationMatch | undefined;
  /**
   * Says how far time is. Events older than this less the allowed lateness are refused from now on, and what only they
   * could have completed is forgotten. Give a time you trust (not that of one event with a wrong clock); going back is ignored.
   */
  advance(time: number): void;
  stats(): CorrelatorStats;
  /** The state as plain data for JSON. */
  snapshot(): CorrelatorSnapshot;
}

/**
 * A correlation's state machine; `snapshot` goes on from a state taken before. A snapshot of a correlation that has been
 * changed since means something else and is not used: `isSnapshotOf` tells.
 */
export function createCorrelator(
  linked: LinkedCorrelation,
  limits: CorrelatorLimits = {},
  snapshot?: CorrelatorSnapshot,
): Correlator {
  const { correlation, sources } = linked;
  const { timespan, type } = correlation;
  const {
    maxGroups = 100_000,
    maxTotalEntries = 1_000_000,
    maxContributions = 100,
    allowedLateness = 300_000,
  } = limits;
  const maxEntries = Math.max(limits.maxEntries ?? 10_000, entriesNeeded(correlation));
  const countsEvents = type !== 'temporal' && type !== 'temporal_ordered' && type !== 'value_count';
  const definition = definitionOf(linked);
  const usable = snapshot?.definition === definition ? snapshot : undefined;
  const groups = restoreGroups(correlation, usable);
  let watermark = usable?.watermark ?? Number.NEGATIVE_INFINITY;
  let swept = watermark;
  let entries = Iterator.from(groups.values()).reduce((sum, group) => sum + group.entries.length, 0);
  const stats = { late: 0, incomplete: 0, droppedGroups: 0, droppedEntries: 0 };

  const groupOf = (key: string, values: readonly FieldValue[]): CorrelationGroup => {
    const group = groups.get(key) ?? createGroup(correlation, values);
    // The order of the map is that of last use.
    groups.delete(key);
    groups.set(key, group);
    return group;
  };

  /** Makes room by forgetting groups other than the one used last. */
  const evict = (): void => {
    for (const [key, { entries: old }] of groups) {
      if (groups.size === 1 || (groups.size <= maxGroups && entries <= maxTotalEntries)) return;
      groups.delete(key);
      entries -= old.length;
      stats.droppedGroups++;
    }
  };

  const matchOf = (group: CorrelationGroup, key: string): CorrelationMatch | undefined => {
    let repeated: HeldWindow | undefined;
    for (const window of group.held()) {
      if (group.told.some((time) => Math.abs(time - window.time) <= timespan)) repeated ??= window;
      else {
        group.told.push(window.time);
        return toMatch(window, group, { key, repeats: false });
      }
    }
    return repeated === undefined ? undefined : toMatch(repeated, group, { key, repeats: true });
  };

  const toMatch = (
    window: HeldWindow,
    { values }: CorrelationGroup,
    { key, repeats }: { readonly key: string; readonly repeats: boolean },
  ): CorrelationMatch => ({
    correlation,
    key: JSON.stringify([correlation.id, key, window.time]),
    group: values,
    time: window.time,
    from: window.entries[window.start]?.time ?? window.time,
    number: window.number,
    total: window.end - window.start,
    contributions: contributing(correlation, window, maxContributions).map(
      ({ source, time, ref, events }) => ({
        rule: sources[source]?.id ?? '',
        time,
        ref,
        ...(events === undefined ? {} : { events }),
      }),
    ),
    repeats,
  });

  return {
    add({ source, time, group: given, values: givenValues, ref, events, repeats = false }) {
      if (time < watermark) {
        stats.late++;
        return undefined;
      }
      const key = groupKeyOf(correlation.groupBy.length, given);
      const values = entryValues(correlation, givenValues);
      if (key === undefined || values === undefined || !Number.isFinite(time)) {
        stats.incomplete++;
        return undefined;
      }
      if (repeats && countsEvents) return undefined;
      const group = groupOf(key, given as readonly FieldValue[]);
      const entry = { time, source, ref, values, ...(events === undefined ? {} : { events }) };
      const before = group.entries.length;
      if (!group.insert(entry)) return undefined;
      const match = matchOf(group, key);
      stats.droppedEntries += group.trim(watermark - timespan, maxEntries);
      entries += group.entries.length - before;
      evict();
      return match;
    },
    advance(time) {
      watermark = Math.max(watermark, time - allowedLateness);
      // Looking at all groups is worth it only when a good part of them may have ended.
      if (watermark - swept < Math.max(timespan / 8, 1_000)) return;
      swept = watermark;
      for (const [key, group] of groups) {
        const newest = group.entries.at(-1)?.time ?? Number.NEGATIVE_INFINITY;
        if (newest >= watermark - timespan) continue;
        groups.delete(key);
        entries -= group.entries.length;
      }
    },
    stats: () => ({ groups: groups.size, ...stats }),
    snapshot: () => takeSnapshot(definition, watermark, groups.values()),
  };
}

/** A count that is waited for must fit into what is kept. */
function entriesNeeded({ type, condition }: SigmaCorrelation): number {
  if (condition.kind === 'rules' || (type !== 'event_count' && type !== 'value_count')) return 0;
  return Math.max(...condition.thresholds.map(({ value }) => value)) + 1;
}

/** At most `limit` entries, oldest first. */
function contributing(
  { type, rules }: SigmaCorrelation,
  window: HeldWindow,
  limit: number,
): readonly WindowEntry[] {
  const { entries, start, end } = window;
  if (type === 'temporal_ordered') return longestChain(window, rules.length).slice(-limit);
  if (type !== 'temporal') return entries.slice(Math.max(start, end - limit), end);
  const newest = new Map<number, WindowEntry>();
  for (let index = end - 1; index >= start && newest.size < Math.min(window.number, limit); index--) {
    const entry = entries[index];
    if (entry !== undefined && !newest.has(entry.source)) newest.set(entry.source, entry);
  }
  return Array.from(newest.values()).reverse();
}
