import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Lake, openLake } from './lake.ts';
import { openLakeWriter } from './lake-writer.ts';
import { aRow } from './row-builder.ts';

let dir: string;
let lake: Lake;

beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'parapet-lake-'));
  lake = await openLake({ dir });
});
afterEach(async () => {
  await lake.close();
  await rm(dir, { recursive: true });
});

const ids = async (query: Parameters<Lake['search']>[0]): Promise<string[]> =>
  (await lake.search(query)).rows.map(({ id }) => id);

async function append(...rows: ReturnType<typeof aRow>[]): Promise<void> {
  const writer = await openLakeWriter({ dir, topicId: 't1', partition: 0 });
  await writer.append(rows);
  await writer.close();
}

describe('a lake', () => {
  it('finds nothing in an empty folder', async () => {
    expect(await lake.search({})).toEqual({ rows: [] });
    expect(await lake.count({})).toBe(0);
  });

  it('finds a row as soon as its append returned, as it was appended', async () => {
    const row = aRow({
      offset: 0,
      commandLine: 'powershell -enc "x"',
      attributes: { 'actor.user.name': 'Å', n: [1, null, 'x'] },
    });
    await append(row);
    expect((await lake.search({})).rows).toEqual([row]);
  });

  it('gives the same answers before and after compaction', async () => {
    for (let offset = 0; offset < 20; offset++)
      await append(aRow({ offset, time: 1000 + offset, host: offset % 2 ? 'a' : 'b' }));
    const before = await lake.search({ host: 'A' });
    expect(before.rows).toHaveLength(10);
    expect(await lake.compact()).toEqual({ merged: 20, written: 1 });
    expect(await lake.search({ host: 'A' })).toEqual(before);
    await append(aRow({ offset: 20, time: 5000, host: 'a' }));
    expect((await lake.search({ host: 'A' })).rows).toHaveLength(11);
    expect(await lake.count({})).toBe(21);
  });

  it('pages newest first without gaps or repeats, also among equal times', async () => {
    await append(
      ...Array.from({ length: 25 }, (_, offset) => aRow({ offset, time: 1000 + Math.floor(offset / 5) })),
    );
    const seen: string[] = [];
    let page = await lake.search({}, { first: 7 });
    for (;;) {
      seen.push(...page.rows.map(({ id }) => id));
      if (!page.next) break;
      page = await lake.search({}, { first: 7, after: page.next });
    }
    expect(seen).toHaveLength(25);
    expect(new Set(seen).size).toBe(25);
    expect(seen).toEqual(await ids({}));
  });

  it('matches text anywhere in message or raw event, without case, and takes wildcards literally', async () => {
    await append(
      aRow({ offset: 0, message: 'Ran 100%_done', raw: '{}' }),
      aRow({ offset: 1, message: 'x', raw: JSON.stringify({ path: 'C:\\Windows\\CMD.exe' }) }),
      aRow({ offset: 2, message: '100 done', raw: '{}' }),
    );
    expect(await ids({ text: '100%_DONE' })).toEqual(['e0']);
    expect(await ids({ text: 'c:\\windows\\cmd' })).toEqual(['e1']);
    expect(await ids({ text: "' OR 1=1 --" })).toEqual([]);
  });

  it('counts by a field, by list elements and over time', async () => {
    await append(
      aRow({ offset: 0, time: 1000, user: 'x', rules: ['r1', 'r2'] }),
      aRow({ offset: 1, time: 1999, user: 'y', rules: ['r1'] }),
      aRow({ offset: 2, time: 2000, user: 'x' }),
    );
    expect(await lake.aggregate({}, 'user')).toEqual([
      { value: 'x', count: 2 },
      { value: 'y', count: 1 },
    ]);
    expect(await lake.aggregate({}, 'rules')).toEqual([
      { value: 'r1', count: 2 },
      { value: 'r2', count: 1 },
    ]);
    expect(await lake.histogram({}, 1000)).toEqual([
      { start: 1000, count: 2 },
      { start: 2000, count: 1 },
    ]);
    await expect(lake.aggregate({}, 'raw' as never)).rejects.toThrow('cannot be counted by raw');
  });

  it('finds rows by id and leaves out unknown ids', async () => {
    await append(aRow({ offset: 0 }), aRow({ offset: 1 }));
    expect((await lake.byIds(['e1', 'nope'])).map(({ id }) => id)).toEqual(['e1']);
    expect(await lake.byIds([])).toEqual([]);
    const [early, late] = ['0lqu5m2rf1d58cd0f-0-5-0', '0mqu5m2rf1d58cd0f-0-6-0'] as const;
    const timeOf = (id: string): number => Number.parseInt(id.slice(0, 9), 36);
    await append(
      aRow({ offset: 5, id: early, time: timeOf(early) }),
      aRow({ offset: 6, id: late, time: timeOf(late) }),
    );
    await lake.compact({ minHotSegments: 1 });
    expect((await lake.byIds([late, early])).map(({ offset }) => offset).sort()).toEqual([5, 6]);
    expect((await lake.byIds([late, 'e0'])).map(({ offset }) => offset).sort()).toEqual([0, 6]);
  });

  it('keeps text that is not well-formed Unicode searchable instead of breaking the file', async () => {
    await append(
      aRow({ offset: 0, message: 'bad \ud800 half', attributes: { '\udc00k': 'v\udfff' } }),
      aRow({ offset: 1, raw: 'nul \u0000 byte' }),
    );
    expect((await lake.search({})).rows.map(({ message }) => message)).toContain('bad \ufffd half');
    await lake.compact({ minHotSegments: 1 });
    expect(await ids({ text: 'half' })).toEqual(['e0']);
  });

  it('stops a search when its signal is aborted', async () => {
    await append(aRow({ offset: 0 }));
    await expect(lake.search({}, { signal: AbortSignal.abort() })).rejects.toThrow();
  });

  it('refuses queries out of bounds and answers after being closed with a clear error', async () => {
    await expect(lake.search({ text: 'x'.repeat(2000) })).rejects.toMatchObject({ code: 'INVALID_QUERY' });
    const other = await openLake({ dir });
    await other.close();
    await expect(other.count({})).rejects.toMatchObject({ code: 'CLOSED' });
  });
});
