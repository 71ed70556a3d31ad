import type { Column, Dictionary, FieldValue, RiskContribution } from '@parapet/event-model';
import type { RiskWeights } from './risk-weights.ts';

/** OCSF names of `severity_id` 1 to 6. */
const names = ['informational', 'low', 'medium', 'high', 'critical', 'fatal'] as const;

export interface SeverityPoints {
  /** Adds to each row the points of its severity; `column` is `severity_id`. */
  addTo(sums: Float64Array, column: Column): void;
  contributionOf(severityId: FieldValue, source: string): RiskContribution;
}

/** Points of the severity that the source gave an event, worked out once per distinct value. */
export function createSeverityPoints({ event }: RiskWeights): SeverityPoints {
  const byDictionary = new WeakMap<Dictionary, number[]>();
  const nameOf = (value: FieldValue) => names[Number(value) - 1];
  const pointsOf = (value: FieldValue): number => {
    const name = nameOf(value);
    return name === undefined ? 0 : event.severities[name];
  };
  return {
    addTo(sums, { dictionary, codes }) {
      let points = byDictionary.get(dictionary);
      if (points === undefined) {
        points = [0];
        byDictionary.set(dictionary, points);
      }
      while (points.length < dictionary.size) points.push(pointsOf(dictionary.valueOf(points.length)));
      for (let row = 0; row < sums.length; row++) {
        const found = points[codes[row] ?? 0] ?? 0;
        if (found > 0) sums[row] = (sums[row] ?? 0) + found;
      }
    },
    contributionOf: (value, source) => ({
      reason: 'severity',
      label: `${nameOf(value) ?? 'unknown'} severity, says the source`,
      points: pointsOf(value),
      source,
    }),
  };
}
