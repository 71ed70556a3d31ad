import { engineBatchBytes } from '@parapet/detection';
import type { RawRecord } from '@parapet/event-model';
import { recordOverhead } from '@parapet/kafka';

/** How records come together in these benchmarks, for their conditions. */
export const groupsTold = `records together as the processor takes them while it is behind: up to ${engineBatchBytes / 2 ** 20} MiB, of which each record counts ${recordOverhead} bytes beside its value`;

/** Records in groups as the processor gets them from its consumer when more are waiting than it takes at once. */
export function recordGroups(records: readonly RawRecord[]): readonly (readonly RawRecord[])[] {
  const groups: RawRecord[][] = [];
  let group: RawRecord[] = [];
  let bytes = 0;
  for (const record of records) {
    const size = (record.value?.length ?? 0) + recordOverhead;
    if (group.length > 0 && bytes + size > engineBatchBytes) {
      groups.push(group);
      group = [];
      bytes = 0;
    }
    group.push(record);
    bytes += size;
  }
  if (group.length > 0) groups.push(group);
  return groups;
}
