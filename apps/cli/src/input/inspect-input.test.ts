import { once } from 'node:events';
import { constants, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { addAbortSignal } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makePipe } from '../testing/make-pipe.ts';
import { runInProcess } from '../testing/run-in-process.ts';
import { inspectFile, inspectInput, openInput } from './inspect-input.ts';

let folder = '';
let pipe = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'parapet-inspect-'));
  pipe = path.join(folder, 'pipe.yml');
  makePipe(pipe);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('what is named to be read', () => {
  it('is a file or a folder, and nothing that may be waited for', () => {
    const file = path.join(folder, 'file');
    writeFileSync(file, '');
    expect([inspectFile(file), inspectFile(folder)]).toEqual(['file', 'folder']);
    for (const inspect of [inspectFile, inspectInput])
      for (const other of [pipe, '/dev/zero'])
        expect(() => inspect(other)).toThrow(`${other} cannot be read: it is a pipe or a device`);
  });

  it.each([
    ['rules', 'check', 'pipe.yml'],
    ['rules', 'explain', 'pipe.yml', 'pipe.yml'],
    ['sources', 'explain', 'pipe.yml'],
    ['replay', 'pipe.yml'],
    ['hunt', 'pipe.yml'],
  ])('is refused by parapet %s %s when it is a pipe', async (...args) => {
    const command = runInProcess(args, { cwd: folder });
    expect(await command.ended).toBe(1);
    expect(command.err()).toContain('pipe.yml cannot be read: it is a pipe or a device');
  });

  it('may be a pipe that is open already, which is read as it comes and whose wait can be ended', async () => {
    const fd = openSync(pipe, constants.O_RDWR);
    const name = `/dev/fd/${fd}`;
    expect(inspectInput(name)).toBe('pipe');
    expect(() => inspectFile(name)).toThrow('it is a pipe or a device');
    const stopping = new AbortController();
    const stream = addAbortSignal(stopping.signal, openInput(name));
    writeFileSync(pipe, 'something');
    const [bytes] = await once(stream, 'data');
    expect(String(bytes)).toBe('something');
    const ended = once(stream, 'close');
    stream.on('error', () => undefined);
    stopping.abort();
    await ended.catch(() => undefined);
    expect(stream.destroyed).toBe(true);
  });
});
