import type { EventBatch, EvidenceEvent, Finding, LogSource } from '@parapet/event-model';
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
  findings(): readonly Finding[];
  /** The row of an event that is evidence in one of the findings. */
  rowOf(evidence: EvidenceEvent): number | undefined;
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
  const groupRows = createGroupRows(ruleSet);
  return {
    detect(batch) {
      const matched = new Map<number, SigmaRule[]>();
      const onMatch = (row: number, rule: SigmaRule): void => {
        const rules = matched.get(row);
        if (rules === undefined) matched.set(row, [rule]);
        else rules.push(rule);
      };
      for (const { group, rows } of groupRows(batch))
        if (group.rules.length > 0) group.evaluate(batch, rows, onMatch);
      if (matched.size === 0) return nothing;
      // Groups are evaluated one after another, so that rows come out of order; evidence is of the first events.
      const rows = [...matched.keys()].sort((a, b) => a - b);
      const rulesByRow = (row: number): readonly SigmaRule[] => matched.get(row) ?? noRules;
      let findings: readonly Finding[] | undefined;
      let rowOf: Detected['rowOf'] = () => undefined;
      const make = (): readonly Finding[] => {
        const started = startFindings(batch);
        for (const row of rows) started.add(row, rulesByRow(row));
        rowOf = started.rowOf;
        return started.finish();
      };
      return {
        rows,
        rulesByRow,
        ruleIdsByRow: (row) => (matched.has(row) ? rulesByRow(row).map(({ id }) => id) : noIds),
        findings() {
          findings ??= make();
          return findings;
        },
        rowOf: (evidence) => rowOf(evidence),
      };
    },
  };
}

const nothing: Detected = {
  rows: [],
  rulesByRow: () => noRules,
  ruleIdsByRow: () => noIds,
  findings: () => [],
  rowOf: () => undefined,
};

type Group = ReturnType<DetectorRules['forLogSources']>;

interface GroupRows {
  readonly group: Group;
  readonly rows: Uint32Array;
}

/**
 * Sorts rows by the group of rules that looks at them, by counting: in two passes and without a list per group. Many routes of a source
 * have one group. What is returned, rows in rising order, is valid until the next call.
 */
function createGroupRows(ruleSet: DetectorRules): (batch: EventBatch) => readonly GroupRows[] {
  let sorted = new Uint32Array(0);
  let counts = new Uint32Array(0);
  let groupOf = new Uint32Array(0);
  return ({ routes, length, logSources }) => {
    if (sorted.length < length) sorted = new Uint32Array(length);
    if (counts.length < logSources.length) {
      counts = new Uint32Array(logSources.length);
      groupOf = new Uint32Array(logSources.length);
    }
    counts.fill(0);
    for (let row = 0; row < length; row += 1) counts[routes[row] ?? 0] = (counts[routes[row] ?? 0] ?? 0) + 1;
    const groups: Group[] = [];
    const sizes: number[] = [];
    for (let route = 0; route < logSources.length; route += 1) {
      const count = counts[route] ?? 0;
      // A group is made when it is first asked for, so only those with events are.
      if (count === 0) continue;
      const group = ruleSet.forLogSources(logSources[route] ?? []);
      const known = groups.indexOf(group);
      const number = known === -1 ? groups.push(group) - 1 : known;
      groupOf[route] = number;
      sizes[number] = (sizes[number] ?? 0) + count;
    }
    const next: number[] = [];
    let end = 0;
    for (const size of sizes) {
      next.push(end);
      end += size;
    }
    for (let row = 0; row < length; row += 1) {
      const number = groupOf[routes[row] ?? 0] ?? 0;
      const at = next[number] ?? 0;
      sorted[at] = row;
      next[number] = at + 1;
    }
    return groups.map((group, number) => {
      const stop = next[number] ?? 0;
      return { group, rows: sorted.subarray(stop - (sizes[number] ?? 0), stop) };
    });
  };
}
