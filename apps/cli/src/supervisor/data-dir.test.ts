import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CommandError } from '../command-error.ts';
import { openDataDir, readGatewaySecret, readRunningPlatform, writeRunningPlatform } from './data-dir.ts';
import { dataDirHolder, lockDataDir } from './data-dir-lock.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'parapet-data-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const lockFile = () => path.join(folder, 'supervisor.lock');

describe('data folder', () => {
  it('is made with its parts', () => {
    const dir = openDataDir(path.join(folder, 'deep', 'data'));
    expect(existsSync(dir.lake)).toBe(true);
    expect(dir.logFile('gateway')).toBe(path.join(folder, 'deep', 'data', 'logs', 'gateway.log'));
  });

  it('that cannot be made is refused with what to do', () => {
    const file = path.join(folder, 'a-file');
    writeFileSync(file, '');
    expect(() => openDataDir(path.join(file, 'data'))).toThrow(CommandError);
    expect(() => openDataDir(path.join(file, 'data'))).toThrow('--data-dir');
  });

  it('keeps one key for the gateway, readable by its owner alone', () => {
    const dir = openDataDir(folder);
    const secret = readGatewaySecret(dir);
    expect(Buffer.from(secret, 'base64')).toHaveLength(32);
    expect(readGatewaySecret(dir)).toBe(secret);
    expect(statSync(path.join(folder, 'gateway-secret')).mode & 0o777).toBe(0o600);
  });

  it('refuses a key that was cut', () => {
    writeFileSync(path.join(folder, 'gateway-secret'), 'c2hvcnQ=');
    expect(() => readGatewaySecret(openDataDir(folder))).toThrow('Remove it');
  });

  it('tells other commands where the platform is, while it runs', () => {
    const dir = openDataDir(folder);
    const platform = {
      pid: process.pid,
      graphqlUrl: 'http://127.0.0.1:4000/graphql',
      kafkaBrokers: '127.0.0.1:9092',
      databaseUrl: 'postgresql://u:p@127.0.0.1:5432/parapet',
    };
    writeRunningPlatform(dir, platform);
    expect(readRunningPlatform(folder)).toBeUndefined();
    const lock = lockDataDir(folder);
    expect(readRunningPlatform(folder)).toEqual(platform);
    lock.release();
    expect(readRunningPlatform(folder)).toBeUndefined();
    expect(readRunningPlatform(path.join(folder, 'missing'))).toBeUndefined();
  });
});

describe('data folder lock', () => {
  it('is held by one and names its holder', () => {
    const lock = lockDataDir(folder);
    expect(dataDirHolder(folder)).toBe(process.pid);
    expect(() => lockDataDir(folder)).toThrow(`process ${process.pid} has run Parapet there since 2`);
    lock.release();
    expect(dataDirHolder(folder)).toBeUndefined();
    lockDataDir(folder).release();
  });

  it('of a process that is gone is taken over', async () => {
    const child = spawn(process.execPath, ['-e', '']);
    await once(child, 'exit');
    writeFileSync(lockFile(), JSON.stringify({ pid: child.pid, began: '1', since: 'yesterday' }));
    expect(dataDirHolder(folder)).toBeUndefined();
    const lock = lockDataDir(folder);
    expect(JSON.parse(readFileSync(lockFile(), 'utf8'))).toMatchObject({ pid: process.pid });
    lock.release();
    expect(existsSync(lockFile())).toBe(false);
  });

  it.runIf(process.platform === 'linux')('of an earlier process with the same id is taken over', () => {
    writeFileSync(lockFile(), JSON.stringify({ pid: process.pid, began: '1', since: 'yesterday' }));
    expect(() => lockDataDir(folder)).not.toThrow();
  });

  it('that was cut by a crash is taken over', () => {
    writeFileSync(lockFile(), '{"pid":');
    expect(() => lockDataDir(folder)).not.toThrow();
  });

  it('does not remove the lock of whoever took it over', () => {
    const lock = lockDataDir(folder);
    writeFileSync(lockFile(), 'somebody else');
    lock.release();
    expect(readFileSync(lockFile(), 'utf8')).toBe('somebody else');
  });
});
