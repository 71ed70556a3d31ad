import {
  chmodSync,
  closeSync,
  constants,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makePipe } from '../testing/make-pipe.ts';
import { createResultFile } from './result-file.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'parapet-result-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('a result file', () => {
  it('appears when it is whole', () => {
    const file = path.join(folder, 'out.ndjson');
    const result = createResultFile(file);
    const large = `${'é'.repeat(100_000)}\n`;
    result.write('one\n');
    result.write(large);
    expect(existsSync(file)).toBe(false);
    result.finish();
    expect(readFileSync(file, 'utf8')).toBe(`one\n${large}`);
    result.discard();
    expect(readdirSync(folder)).toEqual(['out.ndjson']);
  });

  it('goes into a pipe that somebody reads, and waits for nobody', () => {
    const pipe = path.join(folder, 'pipe');
    makePipe(pipe);
    expect(() => createResultFile(pipe)).toThrow(
      `${pipe} cannot be written: nobody reads from this pipe. Start what reads it first.`,
    );
    const reader = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
    const result = createResultFile(pipe);
    result.write('one\n');
    result.finish();
    expect(readFileSync(reader, 'utf8')).toBe('one\n');
    closeSync(reader);
    expect(readdirSync(folder)).toEqual(['pipe']);
  });

  it('replaces what a link leads to, and leaves the link', () => {
    const file = path.join(folder, 'out.ndjson');
    const link = path.join(folder, 'latest');
    writeFileSync(file, 'earlier');
    symlinkSync(file, link);
    const result = createResultFile(link);
    result.write('new');
    result.finish();
    expect(readFileSync(file, 'utf8')).toBe('new');
    expect(readlinkSync(link)).toBe(file);
    // Also what is not there yet; and a result of those who may read it is theirs again.
    rmSync(file);
    writeFileSync(path.join(folder, 'own.ndjson'), '', { mode: 0o600 });
    for (const name of ['latest', 'own.ndjson']) createResultFile(path.join(folder, name)).finish();
    expect(readFileSync(file, 'utf8')).toBe('');
    expect(readlinkSync(link)).toBe(file);
    expect(statSync(path.join(folder, 'own.ndjson')).mode & 0o777).toBe(0o600);
  });

  it('leaves an earlier one as it was when the work is called off', () => {
    const file = path.join(folder, 'out.ndjson');
    writeFileSync(file, 'earlier');
    const result = createResultFile(file);
    result.write('x'.repeat(200_000));
    result.discard();
    expect(readFileSync(file, 'utf8')).toBe('earlier');
    expect(readdirSync(folder)).toEqual(['out.ndjson']);
  });

  it('is refused at once where it cannot be written', () => {
    expect(() => createResultFile(folder)).toThrow('it is a folder');
    expect(() => createResultFile(path.join(folder, 'no', 'such', 'file'))).toThrow('no such file or folder');
    writeFileSync(path.join(folder, 'file'), '');
    expect(() => createResultFile(path.join(folder, 'file', 'x'))).toThrow('cannot be written');
  });

  it.skipIf(process.getuid?.() === 0)('is refused where this user may not write', () => {
    chmodSync(folder, 0o500);
    expect(() => createResultFile(path.join(folder, 'x'))).toThrow('this user may not');
    chmodSync(folder, 0o700);
  });

  it('may be a device, which is written to directly', () => {
    const result = createResultFile('/dev/null');
    result.write('x');
    result.finish();
    expect(existsSync('/dev/null')).toBe(true);
  });
});
