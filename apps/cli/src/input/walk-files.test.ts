import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makePipe } from '../testing/make-pipe.ts';
import { walkFiles } from './walk-files.ts';

let folder = '';
let told: string[] = [];
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'parapet-walk-'));
  told = [];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const within = (name: string) => path.join(folder, name);
function write(name: string): void {
  mkdirSync(path.dirname(within(name)), { recursive: true });
  writeFileSync(within(name), '{}');
}
const walk = (top = '.', maxEntries = 1000) =>
  walkFiles(within(top), { name: /\.json$/, maxEntries, tell: (sentence) => told.push(sentence) }).map(
    (file) => path.relative(folder, file.path),
  );

describe('the walk through a folder', () => {
  it('takes files at any depth in the order of their paths, by their names', () => {
    for (const name of ['b.json', 'a/deep/c.json', 'notes.txt', '.hidden/d.json']) write(name);
    expect(walk()).toEqual(['.hidden/d.json', 'a/deep/c.json', 'b.json']);
    expect(told).toEqual([]);
  });

  it('visits each folder once, whatever loops links make', () => {
    write('two/a.json');
    symlinkSync('.', within('two/x'));
    symlinkSync('.', within('two/y'));
    symlinkSync('..', within('two/up'));
    expect(walk('two', 20)).toEqual(['two/a.json']);
  });

  it('follows links to files and folders outside, each real file once and by its own name first', () => {
    write('outside/far.json');
    write('outside/single.json');
    write('in/z.json');
    symlinkSync('../outside/single.json', within('in/a.json'));
    symlinkSync('../outside/single.json', within('in/b.json'));
    symlinkSync('z.json', within('in/c.json'));
    expect(walk('in')).toEqual(['in/a.json', 'in/z.json']);
    symlinkSync('../outside', within('in/more'));
    symlinkSync('../outside', within('in/other'));
    expect(walk('in')).toEqual(['in/more/far.json', 'in/more/single.json', 'in/z.json']);
  });

  it('takes each file of a mounted ConfigMap once, by its plain name', () => {
    write('mount/..2026_01_15/x.json');
    symlinkSync('..2026_01_15', within('mount/..data'));
    symlinkSync('..data/x.json', within('mount/x.json'));
    expect(walk('mount')).toEqual(['mount/x.json']);
  });

  it('tells of links that lead nowhere and goes on', () => {
    write('a.json');
    symlinkSync('gone', within('b.json'));
    expect(walk()).toEqual(['a.json']);
    symlinkSync('loop', within('loop'));
    expect(walk()).toEqual(['a.json']);
    expect(told).toEqual([
      `${within('b.json')} is a link that leads nowhere: it is left out.`,
      `2 links in ${folder} lead nowhere, e.g. ${within('b.json')}: they are left out.`,
    ]);
  });

  it('passes over what is no file, also behind a link, and says so', () => {
    makePipe(within('pipe.json'));
    expect(walk()).toEqual([]);
    symlinkSync('pipe.json', within('link.json'));
    expect(walk()).toEqual([]);
    expect(told).toEqual([
      `${within('pipe.json')} is a pipe or a device: it is left out.`,
      `2 pipes and devices in ${folder} are left out, e.g. ${within('link.json')}.`,
    ]);
  });

  it('stops at its bound while it walks', () => {
    for (const name of ['a', 'b', 'c', 'd']) write(`${name}.json`);
    expect(walk('.', 4)).toHaveLength(4);
    expect(() => walk('.', 3)).toThrow('holds more than 3 files: name fewer folders at a time.');
  });
});
