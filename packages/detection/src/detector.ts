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
  /** One per rule, entity and partition, in the order of their first events. */
  readonly findings: readonly Finding[];
}

export interface Detector {
  detect(batch: EventBatch): Detected;
}

const noRules: readonly string[] = [];

/**
 * Evaluates a rule set over batches: each event by the rules of its log sources. Pure: what it returns depends on the
 * batch and the rules alone, so that a replay finds the same.
 */
export function createDetector(ruleSet: DetectorRules): Detector {
  return {
    detect(batch) {
      const matched = new Map<number, SigmaRule[]>();
      for (const [route, rows] of rowsByRoute(batch)) {
        const group = ruleSet.forLogSources(batch.logSources[route] ?? []);
        if (group.rules.length === 0) continue;
        group.evaluate(batch, rows, (row, rule) => {
          const rules = matched.get(row);
          if (rules === undefined) matched.set(row, [rule]);
          else rules.push(rule);
        });
      }
      // Groups are evaluated one after another, so that rows come out of order; evidence is of the first events.
      const inOrder = [...matched].sort(([a], [b]) => a - b);
      const findings = createFindings(batch);
      const ids = new Map<number, readonly string[]>();
      for (const [row, rules] of inOrder) {
        ids.set(
          row,
          rules.map((rule) => rule.id),
        );
        for (const rule of rules) findings.add(row, rule);
      }
      return { ruleIdsByRow: (row) => ids.get(row) ?? noRules, findings: findings.finish() };
    },
  };
}

function rowsByRoute(batch: EventBatch): ReadonlyMap<number, Uint32Array> {
  const counts = new Map<number, number>();
  for (const route of batch.routes) counts.set(route, (counts.get(route) ?? 0) + 1);
  const rows = new Map<number, Uint32Array>();
  for (const [route, count] of counts) rows.set(route, new Uint32Array(count));
  const filled = new Map<number, number>();
  for (const [row, route] of batch.routes.entries()) {
    const at = filled.get(route) ?? 0;
    const list = rows.get(route);
    if (list !== undefined) list[at] = row;
    filled.set(route, at + 1);
  }
  return rows;
}
