/** Durations of alerts, for their percentiles. */
export interface LatencyRecord {
  add(ms: number): void;
  readonly count: number;
  /** The smallest duration that at least `share` (0 to 1) of all do not exceed; undefined when there are none. */
  percentile(share: number): number | undefined;
}

export function createLatencyRecord(): LatencyRecord {
  const values: number[] = [];
  return {
    add: (ms) => values.push(ms),
    get count() {
      return values.length;
    },
    percentile(share) {
      const sorted = values.toSorted((one, other) => one - other);
      return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
    },
  };
}
