import { mkdtemp, readdir, rm, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Lake, openLake } from './lake.ts';
import { openLakeWriter } from './lake-writer.ts';
import { aRow } from './row-builder.ts';
import { hotFileName } from './segments.ts';

let dir: string;
let lake: Lake;

beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'parapet-lake-writer-'));
  lake = await openLake({ dir });
});
afterEach(async () => {
  await lake.close();
  await rm(dir, { recursive: true });
});

const open = (): ReturnType<typeof openLakeWriter> => openLakeWriter({ dir, topicId: 't1', partition: 0 });
const folder = (): string => path.join(dir, 'topic=t1', 'partition=0');
const rows = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => aRow({ offset: from + i }));
const offsets = async (): Promise<number[]> =>
  (await lake.search({}, { first: 1000 })).rows.map(({ offset }) => offset).sort((a, b) => a - b);
const upTo = (end: number): number[] => Array.from({ length: end }, (_, i) => i);

describe('a lake writer', () => {
  it('drops rows that are in the lake already', async () => {
    const writer = await open();
    await writer.append(rows(0, 5));
    await writer.append(rows(2, 8));
    await writer.append(rows(0, 8));
    expect(writer.end).toBe(8);
    expect(await offsets()).toEqual(upTo(8));
  });

  it('finds its end again, also after compaction and behind offsets without rows', async () => {
    const writer = await open();
    await writer.append(rows(3, 5));
    await writer.append([aRow({ offset: 90, raw: 'x'.repeat(300_000) })]);
    expect((await open()).end).toBe(91);
    await lake.compact({ minHotSegments: 1 });
    expect((await open()).end).toBe(91);
  });

  it('keeps all lines of a record together and never takes the record twice', async () => {
    const lines = [0, 1, 2].map((line) => aRow({ id: `e0-${line}`, offset: 0, line }));
    const writer = await open();
    await writer.append(lines);
    await (await open()).append(lines);
    expect(await lake.count({})).toBe(3);
  });

  it('keeps one copy when two writers believe that they own the partition', async () => {
    const [first, second] = [await open(), await open()];
    for (let from = 0; from < 60; from += 3) {
      await Promise.all([first.append(rows(from, from + 3)), second.append(rows(from, from + 5))]);
    }
    expect(await offsets()).toEqual(upTo(62));
    expect([first.end, second.end].sort((a, b) => a - b).at(-1)).toBe(62);
  });

  it('notices that its place is free only because it was compacted away', async () => {
    const stale = await open();
    const writer = await open();
    await writer.append(rows(0, 5));
    await writer.append(rows(5, 10));
    await lake.compact({ minHotSegments: 1 });
    await stale.append(rows(0, 12));
    expect(stale.end).toBe(12);
    expect(await offsets()).toEqual(upTo(12));
  });

  it('clears what killed processes left half-written and lets the files of living ones be', async () => {
    await open();
    const dead = path.join(folder(), 'tmp-999999999-00ff.ndjson');
    const living = path.join(folder(), `tmp-${process.pid}-00ff.ndjson`);
    await writeFile(dead, '{"half');
    await writeFile(living, '{"half');
    await open();
    expect(await readdir(folder())).toEqual([path.basename(living)]);
    expect(await offsets()).toEqual([]);
  });

  it('writes its temporary file again when somebody took it for one that was left behind', async () => {
    const writer = await open();
    const sweeping = (async () => {
      for (let i = 0; i < 200; i++) {
        for (const name of await readdir(folder())) {
          if (name.startsWith('tmp-')) await unlink(path.join(folder(), name)).catch(() => undefined);
        }
      }
    })();
    for (let from = 0; from < 40; from++) await writer.append(rows(from, from + 1));
    await sweeping;
    expect(await offsets()).toEqual(upTo(40));
  });

  it('refuses rows that do not rise, rows of other partitions, places it cannot name, and use after close', async () => {
    const writer = await open();
    await expect(writer.append([aRow({ offset: 2 }), aRow({ offset: 1 })])).rejects.toThrow('must rise');
    await expect(writer.append([aRow({ partition: 3 })])).rejects.toThrow('t1/3');
    await expect(openLakeWriter({ dir, topicId: '../../etc', partition: 0 })).rejects.toThrow(
      'not a topic id',
    );
    await expect(openLakeWriter({ dir, topicId: 't', partition: -1 })).rejects.toThrow('not a partition');
    await writer.close();
    await expect(writer.append(rows(0, 1))).rejects.toMatchObject({ code: 'CLOSED' });
  });

  it('says which file is damaged', async () => {
    await (await open()).append(rows(0, 1));
    await writeFile(path.join(folder(), hotFileName(1)), 'not json\n');
    await expect(open()).rejects.toThrow(/00001\.ndjson cannot be read/);
  });
});
