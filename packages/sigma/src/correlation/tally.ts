import { conditionHolds } from './condition-holds.ts';
import { longestChain } from './longest-chain.ts';
import { passes } from './passes.ts';
import type { SigmaCorrelation } from './sigma-correlation.ts';
import type { WindowEntry } from './window-entry.ts';

/** Entries of one group, sorted by time and source, and the part of them that a window covers: from `start` up to `end`. */
export interface Window {
  readonly entries: readonly WindowEntry[];
  readonly start: number;
  readonly end: number;
}

/** What is known of a window that moves along the entries, so that the number asked for need not be counted anew. */
export interface Tally {
  add(entry: WindowEntry): void;
  remove(entry: WindowEntry): void;
  /** The number the correlation asks for, and whether its condition holds. `last` is the entry that has just come. */
  ask(window: Window, last: WindowEntry): { readonly number: number; readonly holds: boolean };
}

export function createTally(correlation: SigmaCorrelation): Tally {
  const { type, condition, rules } = correlation;
  if (type === 'temporal') return presenceTally(correlation);
  const { thresholds, percentile } =
    condition.kind === 'thresholds' ? condition : { thresholds: [], percentile: undefined };
  const asked = (number: number) => ({
    number,
    holds: !Number.isNaN(number) && passes(number, thresholds),
  });
  const scan = (count: (window: Window, last: WindowEntry) => number): Tally => ({
    add: nothing,
    remove: nothing,
    ask: (window, last) => asked(count(window, last)),
  });
  switch (type) {
    case 'event_count':
      return scan(({ start, end }) => end - start);
    case 'value_count':
      return distinctTally(asked);
    case 'temporal_ordered':
      return scan((window) => longestChain(window, rules.length).length);
    case 'value_sum':
      return numberTally((sorted) => asked(sum(sorted)));
    case 'value_avg':
      return numberTally((sorted) => asked(sum(sorted) / sorted.length));
    case 'value_median':
      return numberTally((sorted) => asked(percentileOf(sorted, 50)));
    case 'value_percentile':
      return percentile === undefined
        ? scan(shareOf)
        : numberTally((sorted) => asked(percentileOf(sorted, percentile)));
  }
}

function nothing(): void {
  // Where all is counted anew, nothing is kept.
}

function presenceTally({ condition, rules }: SigmaCorrelation): Tally {
  const counts = rules.map(() => 0);
  const change = (source: number, by: number): void => {
    counts[source] = (counts[source] ?? 0) + by;
  };
  const indexes = new Map(rules.map(({ name }, index) => [name, index]));
  const isPresent = (name: string): boolean => (counts[indexes.get(name) ?? -1] ?? 0) > 0;
  return {
    add: ({ source }) => change(source, 1),
    remove: ({ source }) => change(source, -1),
    ask() {
      const number = counts.filter((count) => count > 0).length;
      const holds =
        condition.kind === 'rules'
          ? conditionHolds(condition.condition, isPresent)
          : passes(number, condition.thresholds);
      return { number, holds };
    },
  };
}

function distinctTally(asked: (number: number) => ReturnType<Tally['ask']>): Tally {
  const counts = new Map<string | number, number>();
  return {
    add({ values }) {
      for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
    },
    remove({ values }) {
      for (const value of values) {
        const count = counts.get(value) ?? 0;
        if (count > 1) counts.set(value, count - 1);
        else counts.delete(value);
      }
    },
    ask: () => asked(counts.size),
  };
}

/** Numbers are kept in ascending order, so that the order in which events came changes no digit of a sum. */
function numberTally(ask: (sorted: readonly number[]) => ReturnType<Tally['ask']>): Tally {
  const sorted: number[] = [];
  const indexOf = (value: number): number => {
    let [low, high] = [0, sorted.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((sorted[middle] ?? 0) < value) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  return {
    add({ values }) {
      for (const value of values) if (typeof value === 'number') sorted.splice(indexOf(value), 0, value);
    },
    remove({ values }) {
      for (const value of values) if (typeof value === 'number') sorted.splice(indexOf(value), 1);
    },
    ask: () => ask(sorted),
  };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

/** Between two values, as far between them as the rank is. */
function percentileOf(sorted: readonly number[], percentile: number): number {
  const rank = ((sorted.length - 1) * percentile) / 100;
  const below = sorted[Math.floor(rank)] ?? Number.NaN;
  const above = sorted[Math.ceil(rank)] ?? Number.NaN;
  return below === above ? below : below + (above - below) * (rank - Math.floor(rank));
}

/** Percent of the window's entries that have the value of the last one. */
function shareOf({ entries, start, end }: Window, last: WindowEntry): number {
  const [value] = last.values;
  let same = 0;
  for (let index = start; index < end; index++) if (entries[index]?.values.includes(value ?? '')) same++;
  return (100 * same) / (end - start);
}
