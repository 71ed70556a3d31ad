import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { RawRecord } from '@parapet/event-model';

/** Every share takes every so many-th line of the Windows captures, in order, one record each, as views into one buffer a capture. */
export function captureRecords(
  corpus: string,
  { share, of }: { readonly share: number; readonly of: number },
): readonly RawRecord[] {
  const folder = path.join(corpus, 'windows-otrf/captures');
  const records: RawRecord[] = [];
  let line = 0;
  for (const file of readdirSync(folder).sort()) {
    if (!file.endsWith('.ndjson.gz')) continue;
    const bytes = gunzipSync(readFileSync(path.join(folder, file)));
    for (let from = 0; from < bytes.length; ) {
      const found = bytes.indexOf(0x0a, from);
      const to = found === -1 ? bytes.length : found;
      if (to > from) {
        // Blocks, not single lines: partitions hold runs of one host's events too.
        if (Math.floor(line / linesTogether) % of === share)
          records.push({
            topicId: 'bench',
            partition: share,
            offset: records.length,
            timestamp: 1_600_000_000_000,
            value: bytes.subarray(from, to),
            headers: {},
          });
        line += 1;
      }
      from = to + 1;
    }
  }
  return records;
}

const linesTogether = 500;
