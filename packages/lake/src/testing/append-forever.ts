import { openLake } from '../lake.ts';
import { openLakeWriter } from '../lake-writer.ts';
import { aRow } from '../row-builder.ts';

/**
 * A process to kill: appends batches of varying size and compacts beside it, and prints the end of the chain after each
 * append that returned. Arguments: the lake's folder.
 */
const dir = process.argv[2];
if (dir === undefined) throw new Error('usage: append-forever.ts DIR');
const lake = await openLake({ dir, threads: 1 });
const writer = await openLakeWriter({ dir, topicId: 't1', partition: 0 });
process.stdout.write(`${writer.end}\n`);

async function compactForever(): Promise<never> {
  for (;;) await lake.compact({ minHotSegments: 3, mergeColdSegments: 3 });
}
void compactForever();
for (let size = 1; ; size = (size % 7) + 1) {
  const from = writer.end;
  await writer.append(Array.from({ length: size }, (_, i) => aRow({ offset: from + i })));
  process.stdout.write(`${writer.end}\n`);
}
