import type { FieldValue } from '../column-batch.ts';
import type { SigmaCorrelation } from './sigma-correlation.ts';
import { createTally, type Tally, type Window } from './tally.ts';
import type { WindowEntry } from './window-entry.ts';

/** A window in which the condition holds. */
export interface HeldWindow extends Window {
  /** Time of its last entry. */
  readonly time: number;
  readonly number: number;
}

/** The entries of one group. */
export interface CorrelationGroup {
  /** As the first event of the group has them. */
  readonly values: readonly FieldValue[];
  readonly entries: readonly WindowEntry[];
  /** Ends of the windows that were told of as new matches. */
  readonly told: number[];
  /** False when the entry is there already. */
  insert(entry: WindowEntry): boolean;
  /** The windows that hold the entry inserted last and in which the condition holds, earliest end first. */
  held(): Iterable<HeldWindow>;
  /** Forgets entries before a time and the oldest above a number; says how many of the latter there were. */
  trim(before: number, maxEntries: number): number;
}

export function createGroup(
  correlation: SigmaCorrelation,
  values: readonly FieldValue[],
  told: number[] = [],
): CorrelationGroup {
  const { timespan, type } = correlation;
  const byRule = type === 'temporal' || type === 'temporal_ordered';
  // What is asked for is about the entry itself, so it changes no window that ends later.
  const ownWindowOnly =
    type === 'value_percentile' &&
    correlation.condition.kind === 'thresholds' &&
    correlation.condition.percentile === undefined;
  const entries: WindowEntry[] = [];
  /** The window that ends with the newest entry, kept from one entry to the next. */
  let newest: { tally: Tally; start: number; end: number } | undefined;
  let inserted = 0;

  /** Index of the first entry that is later than (time, source). */
  const after = (time: number, source: number): number => {
    let [low, high] = [0, entries.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const entry = entries[middle];
      const isAfter =
        entry !== undefined && (entry.time > time || (entry.time === time && entry.source > source));
      if (isAfter) high = middle;
      else low = middle + 1;
    }
    return low;
  };

  const move = (window: { tally: Tally; start: number; end: number }, time: number): void => {
    for (
      let entry = entries[window.end];
      entry !== undefined && entry.time <= time;
      entry = entries[++window.end]
    )
      window.tally.add(entry);
    for (
      let entry = entries[window.start];
      entry !== undefined && entry.time < time - timespan && window.start < window.end;
      entry = entries[++window.start]
    )
      window.tally.remove(entry);
  };

  const ask = (
    { tally, start, end }: { tally: Tally; start: number; end: number },
    time: number,
  ): HeldWindow | undefined => {
    const last = entries[inserted];
    const { number, holds } =
      last === undefined ? { number: 0, holds: false } : tally.ask({ entries, start, end }, last);
    return holds ? { entries, start, end, time, number } : undefined;
  };

  return {
    values,
    entries,
    told,
    insert(entry) {
      inserted = after(entry.time, entry.source);
      for (let index = after(entry.time, -1); entries[index]?.time === entry.time; index++) {
        const other = entries[index];
        if (other?.ref === entry.ref && (!byRule || other.source === entry.source)) return false;
      }
      entries.splice(inserted, 0, entry);
      if (inserted < entries.length - 1) newest = undefined;
      return true;
    },
    *held() {
      const entry = entries[inserted];
      if (entry === undefined) return;
      const inOrder = inserted === entries.length - 1;
      const first = after(entry.time - timespan, -1);
      const window = (inOrder ? newest : undefined) ?? {
        tally: createTally(correlation),
        start: first,
        end: first,
      };
      if (inOrder) newest = window;
      let index = inserted;
      for (
        let end = entry.time;
        end <= entry.time + timespan;
        end = entries[index]?.time ?? Number.POSITIVE_INFINITY
      ) {
        move(window, end);
        const held = ask(window, end);
        if (held !== undefined) yield held;
        if (ownWindowOnly) return;
        index = window.end;
      }
    },
    trim(before, maxEntries) {
      const old = after(before, -1);
      const surplus = Math.max(entries.length - maxEntries - old, 0);
      const removed = entries.splice(0, old + surplus);
      if (newest !== undefined && removed.length > 0) {
        for (const entry of removed.slice(newest.start, newest.end)) newest.tally.remove(entry);
        newest.start = Math.max(newest.start - removed.length, 0);
        newest.end = Math.max(newest.end - removed.length, 0);
      }
      const kept = told.filter((time) => time >= before).slice(-maxTold);
      told.splice(0, told.length, ...kept);
      return surplus;
    },
  };
}

const maxTold = 1_000;
