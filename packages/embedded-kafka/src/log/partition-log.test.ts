import { mkdir, mkdtemp, readdir, readFile, rm, rmdir, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseProducedBatch, readBatchHeader } from '../protocol/record-batch.ts';
import { encodeBatch, type TestRecord } from '../testing/encode-batch.ts';
import type { FsyncPolicy, LogSettings } from './log-settings.ts';
import { openPartitionLog, type PartitionLog } from './partition-log.ts';

let dir = '';
let time = 0;
const open: PartitionLog[] = [];
const unlimited: LogSettings = { segmentBytes: 1e9, segmentMs: 1e12, retentionMs: -1, retentionBytes: -1 };

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'partition-log-'));
  time = Date.now();
});

afterEach(async () => {
  for (const log of open.splice(0)) await log.close();
  await rm(dir, { recursive: true, force: true });
});

async function openLog(
  settings: Partial<LogSettings> = {},
  fsync: FsyncPolicy = 'never',
): Promise<PartitionLog> {
  const log = await openPartitionLog({
    dir,
    settings: { ...unlimited, ...settings },
    fsync,
    now: () => time,
  });
  open.push(log);
  return log;
}

function append(
  log: PartitionLog,
  records: readonly TestRecord[],
  options?: Parameters<typeof encodeBatch>[1],
) {
  const batch = encodeBatch(records, options);
  return log.append(batch, parseProducedBatch(batch, 1e9));
}

/** Base offsets of all batches from `offset` on, read to the end. */
async function offsetsFrom(log: PartitionLog, start: number, maxBytes = 1e6): Promise<number[]> {
  const offsets: number[] = [];
  let offset = start;
  while (offset < log.endOffset) {
    const bytes = await log.read(offset, maxBytes, true);
    for (let at = 0; at < bytes.length; ) {
      const header = readBatchHeader(bytes, at);
      if (header === undefined) throw new Error(`no batch at ${at}`);
      offsets.push(header.baseOffset);
      offset = header.lastOffset + 1;
      at += header.sizeBytes;
    }
  }
  return offsets;
}

const logFiles = async () =>
  (await readdir(dir)).filter((name) => name.endsWith('.log')).sort((a, b) => a.localeCompare(b));

describe('appending and reading', () => {
  it.each<FsyncPolicy>(['never', 'interval', 'always'])(
    'gives offsets in order, with fsync %s',
    async (fsync) => {
      const log = await openLog({}, fsync);
      const results = await Promise.all(
        [1, 2, 3].map((count) => append(log, Array(count).fill({ value: 'v' }))),
      );
      expect(results.map(({ baseOffset }) => baseOffset)).toEqual([0, 1, 3]);
      expect(log.endOffset).toBe(6);
      expect(await offsetsFrom(log, 0)).toEqual([0, 1, 3]);
      await log.flush();
    },
  );

  it('finds the batch of every offset over many segments, with any byte limit', async () => {
    const log = await openLog({ segmentBytes: 200_000 });
    for (let index = 0; index < 60; index += 1) await append(log, Array(3).fill({ value: 'x'.repeat(4000) }));
    expect((await logFiles()).length).toBeGreaterThan(3);
    for (let offset = 0; offset < 180; offset += 1) {
      const header = readBatchHeader(await log.read(offset, offset * 100, true), 0);
      expect(header?.baseOffset).toBe(Math.floor(offset / 3) * 3);
    }
    const all = Array.from({ length: 60 }, (_, index) => index * 3);
    expect(await offsetsFrom(log, 0, 1000)).toEqual(all);
    expect(await offsetsFrom(log, 0)).toEqual(all);
  });

  it('gives nothing rather than too much when at least one batch is not asked for', async () => {
    const log = await openLog();
    await append(log, [{ value: 'x'.repeat(1000) }]);
    expect((await log.read(0, 500, false)).length).toBe(0);
    expect((await log.read(0, 500, true)).length).toBeGreaterThan(1000);
    expect((await log.read(1, 500, true)).length).toBe(0);
    await expect(log.read(2, 500, true)).rejects.toThrow('Offset 2 is not between 0 and 1');
  });

  it('tells listeners how much came, until they stop listening', async () => {
    const log = await openLog();
    const heard: number[] = [];
    const stop = log.onAppend((bytes) => heard.push(bytes));
    await append(log, [{ value: 'a' }]);
    stop();
    await append(log, [{ value: 'b' }]);
    expect(heard).toEqual([encodeBatch([{ value: 'a' }]).length]);
  });

  it('finds offsets by time over segments', async () => {
    const log = await openLog({ segmentBytes: 100_000 });
    for (let index = 0; index < 50; index += 1) {
      const records = [{ value: 'x'.repeat(5000), timestamp: 1000 + index * 10 }];
      await append(log, records, { baseTimestamp: 1000 + index * 10 });
    }
    expect(await log.findByTime(0)).toEqual({ offset: 0, timestamp: 1000 });
    for (const index of [1, 17, 33, 49]) {
      expect(await log.findByTime(995 + index * 10)).toEqual({ offset: index, timestamp: 1000 + index * 10 });
    }
    expect(await log.findByTime(1491)).toBeUndefined();
  });
});

describe('recovery', () => {
  it('cuts a tail torn at any byte of the last batch, and goes on behind the one before', async () => {
    const log = await openLog();
    await append(log, [{ value: 'first' }, { value: 'second' }]);
    await append(log, [{ key: 'k', value: 'the one that is torn' }]);
    await log.close();
    const path = join(dir, (await logFiles())[0] ?? '');
    const whole = await readFile(path);
    const lastStart = encodeBatch([{ value: 'first' }, { value: 'second' }]).length;
    for (let length = lastStart; length <= whole.length; length += 1) {
      await writeFile(path, whole.subarray(0, length));
      const recovered = await openLog();
      const torn = length < whole.length;
      expect(recovered.endOffset).toBe(torn ? 2 : 3);
      expect(recovered.cutBytes).toBe(torn ? length - lastStart : 0);
      expect(await append(recovered, [{ value: 'next' }])).toMatchObject({ baseOffset: torn ? 2 : 3 });
      await recovered.close();
    }
  });

  it('cuts a last batch of which any byte is wrong, or a hole of zeros', async () => {
    const log = await openLog();
    await append(log, [{ value: 'good' }]);
    await append(log, [{ value: 'bad' }]);
    await log.close();
    const path = join(dir, (await logFiles())[0] ?? '');
    const whole = await readFile(path);
    const start = encodeBatch([{ value: 'good' }]).length;
    for (let at = start; at < whole.length; at += 1) {
      // The leader epoch is outside of the checksum and has one value only; nothing reads it.
      if (at >= start + 12 && at < start + 16) continue;
      const damaged = Buffer.from(whole);
      damaged.writeUInt8(damaged.readUInt8(at) ^ 0x55, at);
      await writeFile(path, damaged);
      const recovered = await openLog();
      expect(recovered.endOffset).toBe(1);
      await recovered.close();
    }
    await writeFile(path, Buffer.concat([whole.subarray(0, start), Buffer.alloc(5000)]));
    const recovered = await openLog();
    expect([recovered.endOffset, recovered.cutBytes]).toEqual([1, 5000]);
  });

  it('opens many segments, with indexes that are missing or of another file', async () => {
    const log = await openLog({ segmentBytes: 30_000 });
    for (let index = 0; index < 40; index += 1)
      await append(log, [{ value: 'x'.repeat(3000), timestamp: 5000 + index }]);
    await log.close();
    const indexes = (await readdir(dir)).filter((name) => name.endsWith('.index'));
    expect(indexes.length).toBeGreaterThan(2);
    await rm(join(dir, indexes[0] ?? ''));
    await writeFile(join(dir, indexes[1] ?? ''), 'no index');
    const again = await openLog({ segmentBytes: 30_000 });
    expect(await offsetsFrom(again, 0)).toEqual(Array.from({ length: 40 }, (_, index) => index));
    expect(await again.findByTime(5013)).toEqual({ offset: 13, timestamp: 5013 });
    expect((await stat(join(dir, indexes[0] ?? ''))).size).toBeGreaterThan(0);
  });

  it.each(['with', 'without'])('knows idempotent producers again %s the snapshot', async (which) => {
    const log = await openLog({ segmentBytes: 3000 });
    const send = (target: PartitionLog, baseSequence: number) =>
      append(target, [{ value: 'x'.repeat(1000) }], { producerId: 4n, producerEpoch: 0, baseSequence });
    for (let sequence = 0; sequence < 7; sequence += 1) await send(log, sequence);
    await log.close();
    const snapshots = (await readdir(dir)).filter((name) => name.endsWith('.producers'));
    expect(snapshots.length).toBeGreaterThan(1);
    if (which === 'without') for (const name of snapshots) await rm(join(dir, name));
    const again = await openLog({ segmentBytes: 3000 });
    expect(await send(again, 4)).toEqual({ baseOffset: 4, duplicate: true });
    expect(await send(again, 7)).toEqual({ baseOffset: 7, duplicate: false });
    await expect(send(again, 9)).rejects.toThrow(/sequence 9 where 8/);
  });
});

describe('storage faults', () => {
  it('refuses appends while a segment cannot be made, keeps nothing of them, and takes them again after', async () => {
    const log = await openLog({ segmentBytes: 2000 });
    const send = (baseSequence: number) =>
      append(log, [{ value: 'x'.repeat(1500) }], { producerId: 1n, producerEpoch: 0, baseSequence });
    await send(0);
    const obstacle = join(dir, '00000000000000000001.log');
    await mkdir(obstacle);
    const failed = await Promise.allSettled([send(1), send(2)]);
    expect(failed.map((result) => result.status === 'rejected' && result.reason.name)).toEqual([
      'KAFKA_STORAGE_ERROR',
      'KAFKA_STORAGE_ERROR',
    ]);
    expect(log.endOffset).toBe(1);
    await rmdir(obstacle);
    expect(await send(1)).toEqual({ baseOffset: 1, duplicate: false });
    expect(await offsetsFrom(log, 0)).toEqual([0, 1]);
  });

  it('reports a segment that was damaged behind its back as a storage fault', async () => {
    const log = await openLog();
    await append(log, [{ value: 'v' }]);
    await truncate(join(dir, (await logFiles())[0] ?? ''), 10);
    await expect(log.read(0, 1000, true)).rejects.toMatchObject({ name: 'KAFKA_STORAGE_ERROR' });
  });

  it('refuses appends after it was closed', async () => {
    const log = await openLog();
    await log.close();
    await expect(append(log, [{ value: 'v' }])).rejects.toThrow('closed');
  });
});

describe('retention', () => {
  const filled = async (settings: Partial<LogSettings>) => {
    const log = await openLog({ segmentBytes: 10_000, ...settings });
    for (let index = 0; index < 10; index += 1) await append(log, [{ value: 'x'.repeat(4000) }]);
    return log;
  };

  it('by age counts from the last append to a segment, whatever times the records carry', async () => {
    const log = await filled({ retentionMs: 1000 });
    time += 900;
    await append(log, [{ value: 'young' }]);
    expect(await log.applyRetention(time)).toBe(0);
    time += 200;
    await log.applyRetention(time);
    expect(log.startOffset).toBe(8);
    expect(log.endOffset).toBe(11);
    await expect(log.read(7, 1000, true)).rejects.toMatchObject({ name: 'OFFSET_OUT_OF_RANGE' });
    time += 5000;
    await log.applyRetention(time);
    expect([log.startOffset, log.endOffset]).toEqual([11, 11]);
    expect(await append(log, [{ value: 'after' }])).toMatchObject({ baseOffset: 11 });
  });

  it('by size keeps at least that much', async () => {
    const log = await filled({ retentionBytes: 15_000 });
    await log.applyRetention(time);
    expect(log.startOffset).toBe(6);
    expect(await logFiles()).toHaveLength(2);
    const left = await readdir(dir);
    expect(left.some((name) => name.startsWith('00000000000000000000'))).toBe(false);
  });

  it('begins a new segment when the old one is of age', async () => {
    const log = await openLog({ segmentMs: 1000 });
    await append(log, [{ value: 'a' }]);
    time += 1001;
    await append(log, [{ value: 'b' }]);
    expect(await logFiles()).toHaveLength(2);
    time += 1001;
    await log.applyRetention(time);
    expect(await logFiles()).toHaveLength(3);
    expect(await offsetsFrom(log, 0)).toEqual([0, 1]);
  });
});
