import type { EventBatch, Finding, LogSource } from '@parapet/event-model';
import type { RuleGroup, SigmaRule } from '@parapet/sigma';
import { createFindings } from './findings.ts';

/** What the detector needs of a rule set; see `RuleSet` of `@parapet/sigma`. */
export interface DetectorRules {
  forLogSources(logSources: readonly LogSource[]): Pick<RuleGroup, 'rules' | 'evaluate'>;
}

export interface Detected {
  /** Ids of the rules that hold for an event, in no particular order; the same empty list for nearly all. */
  ruleIdsByRow(row: number): readonly string[];
  /** Rows for which a rule holds, rising. */
  readonly rows: readonly number[];
  /** The rules that hold for an event, in no particular order. */
  rulesByRow(row: number): readonly SigmaRule[];
  /** One per rule, entity and partition, in the order of their first events. Made when asked for, while the batch is valid. */
  readonly findings: readonly Finding[];
}

export interface Detector {
  detect(batch: EventBatch): Detected;
}

const noIds: readonly string[] = [];
const noRules: readonly SigmaRule[] = [];

/**
 * Evaluates a rule set over batches: each event by the rules of its log sources. Pure: what it returns depends on the
 * batch and the rules alone, so that a replay finds the same. What it keeps from batch to batch only saves time.
 */
export function createDetector(ruleSet: DetectorRules): Detector {
  const startFindings = createFindings();
  const routes = createRouteRows();
  return {
    detect(batch) {
      const matched = new Map<number, SigmaRule[]>();
      const onMatch = (row: number, rule: SigmaRule): void => {
        const rules = matched.get(row);
        if (rules === undefined) matched.set(row, [rule]);
        else rules.push(rule);
      };
      for (const [route, rows] of routes.of(batch)) {
        const group = ruleSet.forLogSources(batch.logSources[route] ?? []);
        if (group.rules.length > 0) group.evaluate(batch, rows, onMatch);
      }
      if (matched.size === 0) return nothing;
      // Groups are evaluated one after another, so that rows come out of order; evidence is of the first events.
      const rows = [...matched.keys()].sort((a, b) => a - b);
      const rulesByRow = (row: number): readonly SigmaRule[] => matched.get(row) ?? noRules;
      let findings: readonly Finding[] | undefined;
      const make = (): readonly Finding[] => {
        const started = startFindings(batch);
        for (const row of rows) started.add(row, rulesByRow(row));
        return started.finish();
      };
      return {
        rows,
        rulesByRow,
        ruleIdsByRow: (row) => (matched.has(row) ? rulesByRow(row).map(({ id }) => id) : noIds),
        get findings() {
          findings ??= make();
          return findings;
        },
      };
    },
  };
}

const nothing: Detected = {
  rows: [],
  rulesByRow: () => noRules,
  ruleIdsByRow: () => noIds,
  findings: [],
};

interface RouteRows {
  /** The rows of each route that the batch has, in order. Valid until the next call. */
  of(batch: EventBatch): Iterable<readonly [route: number, rows: Uint32Array]>;
}

/** Sorts rows by their route, by counting: in two passes and without a list per route. */
function createRouteRows(): RouteRows {
  let sorted = new Uint32Array(0);
  let ends = new Uint32Array(0);
  return {
    *of({ routes, length, logSources }) {
      if (sorted.length < length) sorted = new Uint32Array(length);
      if (ends.length < logSources.length) ends = new Uint32Array(logSources.length);
      ends.fill(0);
      for (let row = 0; row < length; row += 1) ends[routes[row] ?? 0] = (ends[routes[row] ?? 0] ?? 0) + 1;
      let end = 0;
      for (let route = 0; route < logSources.length; route += 1) {
        const count = ends[route] ?? 0;
        ends[route] = end;
        end += count;
      }
      for (let row = 0; row < length; row += 1) {
        const route = routes[row] ?? 0;
        const at = ends[route] ?? 0;
        sorted[at] = row;
        ends[route] = at + 1;
      }
      let start = 0;
      for (let route = 0; route < logSources.length; route += 1) {
        const stop = ends[route] ?? 0;
        if (stop > start) yield [route, sorted.subarray(start, stop)];
        start = stop;
      }
    },
  };
}
