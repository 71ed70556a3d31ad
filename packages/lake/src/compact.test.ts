import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Lake, openLake } from './lake.ts';
import { openLakeWriter } from './lake-writer.ts';
import { aRow } from './row-builder.ts';
import { coldFileName } from './segments.ts';

let dir: string;
let lake: Lake;

beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'parapet-lake-compact-'));
  lake = await openLake({ dir });
});
afterEach(async () => {
  await lake.close();
  await rm(dir, { recursive: true });
});

const folder = (): string => path.join(dir, 'topic=t1', 'partition=0');
const files = async (): Promise<string[]> => (await readdir(folder())).sort();

async function append(from: number, to: number): Promise<void> {
  const writer = await openLakeWriter({ dir, topicId: 't1', partition: 0 });
  for (let offset = from; offset < to; offset++) await writer.append([aRow({ offset })]);
}

describe('compaction', () => {
  it('leaves few small files alone', async () => {
    await append(0, 5);
    expect(await lake.compact()).toEqual({ merged: 0, written: 0 });
    expect(await files()).toHaveLength(5);
  });

  it('makes one file of many and removes them', async () => {
    await append(0, 20);
    expect(await lake.compact()).toEqual({ merged: 20, written: 1 });
    expect(await files()).toEqual([coldFileName(0, 20)]);
  });

  it('merges small Parquet files into larger ones', async () => {
    for (let from = 0; from < 12; from += 2) {
      await append(from, from + 2);
      await lake.compact({ minHotSegments: 2, mergeColdSegments: 100 });
    }
    expect(await files()).toHaveLength(6);
    expect(await lake.compact({ mergeColdSegments: 3 })).toEqual({ merged: 6, written: 2 });
    expect(await files()).toEqual([coldFileName(0, 10), coldFileName(10, 12)]);
    expect(await lake.count({})).toBe(12);
  });

  it('touches only the partitions it was given', async () => {
    await append(0, 4);
    expect(await lake.compact({ minHotSegments: 1, partitions: [{ topicId: 't1', partition: 9 }] })).toEqual({
      merged: 0,
      written: 0,
    });
  });

  it('lets one compaction work at a time and takes over the lock of a dead one', async () => {
    await append(0, 4);
    await writeFile(path.join(folder(), 'compacting.lock'), String(process.pid));
    expect((await lake.compact({ minHotSegments: 1 })).written).toBe(0);
    await writeFile(path.join(folder(), 'compacting.lock'), '999999999');
    expect((await lake.compact({ minHotSegments: 1 })).written).toBe(1);
    expect(await files()).toEqual([coldFileName(0, 4)]);
  });

  it('deletes what a compaction that was killed after its rename left', async () => {
    await append(0, 4);
    await lake.compact({ minHotSegments: 1 });
    await writeFile(
      path.join(folder(), '00000000000000000002.ndjson'),
      `${JSON.stringify(aRow({ offset: 2 }))}\n`,
    );
    expect(await lake.count({})).toBe(4);
    expect(await lake.compact({ minHotSegments: 1 })).toEqual({ merged: 1, written: 0 });
    expect(await files()).toEqual([coldFileName(0, 4)]);
  });

  it('never hides a row from, nor shows one twice to, searches that run meanwhile', async () => {
    await append(0, 40);
    let stop = false;
    const counts = new Set<number>();
    const reading = (async () => {
      while (!stop) counts.add(await lake.count({}));
    })();
    const other = await openLake({ dir });
    for (let round = 0; round < 5; round++) {
      await other.compact({ minHotSegments: 2, mergeColdSegments: 2 });
      await append(40 + round * 3, 40 + (round + 1) * 3);
    }
    stop = true;
    await reading;
    await other.close();
    for (const count of counts) expect(count).toBeGreaterThanOrEqual(40);
    const { rows } = await lake.search({}, { first: 1000 });
    expect(rows.map(({ offset }) => offset).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 55 }, (_, i) => i),
    );
  });
});
