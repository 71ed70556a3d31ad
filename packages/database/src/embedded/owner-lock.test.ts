import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findBinaries } from './binaries.ts';
import { takeOwnership } from './owner-lock.ts';
import { readPostmasterFile } from './postmaster-file.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'parapet-owner-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const lockFile = () => path.join(folder, 'owner.json');

/** The id of a process that has ended. */
const deadPid = () => spawnSync(process.execPath, ['-e', '']).pid;

describe('takeOwnership', () => {
  it('is had by one at a time, and leaves nothing behind', async () => {
    const release = await takeOwnership(folder);
    await expect(takeOwnership(folder)).rejects.toThrow(`${folder} is in use by process ${process.pid}`);
    await release();
    expect(await readdir(folder)).toEqual([]);
    const again = await takeOwnership(folder);
    // Letting go twice does not take the lock from the next owner.
    await release();
    expect(await readdir(folder)).toEqual(['owner.json']);
    await again();
  });

  it.each([
    ['of a process that is gone', () => JSON.stringify({ pid: deadPid(), began: '1', token: 'x' })],
    [
      'of a process whose id another one has now',
      () => JSON.stringify({ pid: process.ppid, began: '1', token: 'x' }),
    ],
    ['that is torn', () => '{"pid": 12'],
    ['that is empty', () => ''],
  ])('takes over a lock %s', async (_name, text) => {
    await writeFile(lockFile(), text());
    const release = await takeOwnership(folder);
    expect(JSON.parse(await readFile(lockFile(), 'utf8'))).toMatchObject({ pid: process.pid });
    await release();
  });

  it('gives a stale lock to exactly one of many who come at once', async () => {
    for (let round = 0; round < 20; round++) {
      await writeFile(lockFile(), JSON.stringify({ pid: deadPid(), began: '1', token: String(round) }));
      const results = await Promise.allSettled(Array.from({ length: 8 }, () => takeOwnership(folder)));
      const winners = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
      expect(winners).toHaveLength(1);
      for (const release of winners) await release();
    }
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('findBinaries', () => {
  it('finds PostgreSQL for this machine', async () => {
    expect((await findBinaries()).postgres).toMatch(/native\/bin\/postgres$/);
  });

  it.each([
    ['linux', 'riscv64', 'Run "npm install"'],
    ['win32', 'x64', 'Set DATABASE_URL'],
  ] as const)('says what to do on %s %s', async (platform, arch, advice) => {
    await expect(findBinaries(platform, arch)).rejects.toThrow(advice);
  });
});

describe('readPostmasterFile', () => {
  it.each(['', 'abc\n', '-5\n', '1\n', '0\n'])('takes nothing from %j', async (text) => {
    await writeFile(path.join(folder, 'postmaster.pid'), text);
    expect(await readPostmasterFile(folder)).toBeUndefined();
  });
});
