import { createHash } from 'node:crypto';
import type { FieldValue } from '../column-batch.ts';
import { type CorrelationGroup, createGroup } from './correlation-group.ts';
import { groupKeyOf } from './group-key.ts';
import type { LinkedCorrelation } from './link-correlations.ts';
import type { SigmaCorrelation } from './sigma-correlation.ts';
import type { WindowEntry } from './window-entry.ts';

/** The state of a correlator as plain data: what JSON gives back is the same. */
export interface CorrelatorSnapshot {
  readonly schema: 1;
  /** Hash of what the state depends on: rules, grouping, timespan and condition. */
  readonly definition: string;
  /** Null before the first `advance`. */
  readonly watermark: number | null;
  /** Quiet longest first. */
  readonly groups: readonly {
    readonly values: readonly FieldValue[];
    readonly told: readonly number[];
    readonly entries: readonly WindowEntry[];
  }[];
}

/** Whether a correlator for this correlation can go on from the snapshot. */
export function isSnapshotOf(snapshot: CorrelatorSnapshot, linked: LinkedCorrelation): boolean {
  return snapshot.schema === 1 && snapshot.definition === definitionOf(linked);
}

export function definitionOf({ correlation, sources }: LinkedCorrelation): string {
  const { id, type, timespan, groupBy, condition } = correlation;
  const depends = { schema: 1, id, type, timespan, groupBy, condition, sources };
  return createHash('sha256').update(JSON.stringify(depends)).digest('hex');
}

export function takeSnapshot(
  definition: string,
  watermark: number,
  groups: Iterable<CorrelationGroup>,
): CorrelatorSnapshot {
  return {
    schema: 1,
    definition,
    watermark: Number.isFinite(watermark) ? watermark : null,
    groups: Array.from(groups, ({ values, told, entries }) => ({
      values,
      told: [...told],
      entries: [...entries],
    })),
  };
}

export function restoreGroups(
  correlation: SigmaCorrelation,
  snapshot: CorrelatorSnapshot | undefined,
): Map<string, CorrelationGroup> {
  const groups = new Map<string, CorrelationGroup>();
  for (const { values, told, entries } of snapshot?.groups ?? []) {
    const group = createGroup(correlation, values, [...told]);
    for (const entry of entries) group.insert(entry);
    groups.set(groupKeyOf(correlation.groupBy.length, values) ?? '', group);
  }
  return groups;
}
