import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createFileSource } from './file-source.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'parapet-file-source-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('a file is read once for each version of it', async () => {
  writeFileSync(path.join(folder, 'a.csv'), 'host\nweb1\n');
  const source = createFileSource('a.csv', folder);
  const content = await source.read(undefined);
  expect(String(content?.bytes)).toBe('host\nweb1\n');
  expect(await source.read(content?.version)).toBeUndefined();
  writeFileSync(path.join(folder, 'a.csv'), 'host\nweb22\n');
  expect(String((await source.read(content?.version))?.bytes)).toBe('host\nweb22\n');
});

test.skipIf(process.platform === 'win32')(
  'a pipe is refused at once, though nobody writes into it',
  async () => {
    execFileSync('/usr/bin/env', ['mkfifo', path.join(folder, 'pipe')]);
    await expect(createFileSource('pipe', folder).read(undefined)).rejects.toThrow('pipe is no file.');
  },
);

test('what is not there, a folder and a package that is not installed are told with their name', async () => {
  await expect(createFileSource('missing', folder).read(undefined)).rejects.toThrow('missing cannot be read');
  await expect(createFileSource('.', folder).read(undefined)).rejects.toThrow('is no file.');
  await expect(createFileSource('npm:no-such-package/x.mmdb', folder).read(undefined)).rejects.toThrow(
    'is not installed',
  );
});
