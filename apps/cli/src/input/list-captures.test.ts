import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { listCaptures } from './list-captures.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'parapet-captures-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function found(...names: string[]) {
  for (const name of names) writeFileSync(path.join(folder, name), '');
  const told: string[] = [];
  const files = listCaptures([folder], { tell: (sentence) => told.push(sentence) });
  return { files: files.map((file) => path.basename(file)), told };
}

it('files of a folder are events by their names, also those that were rotated or packed', () => {
  const names = ['a.json', 'b.NDJSON.gz', 'c.jsonl.zst', 'eve.json.1', 'audit.log.12.gz', 'app.log-20260115'];
  expect(found(...names)).toEqual({ files: names.toSorted(), told: [] });
});

it('files that are passed over because of their names are told, but for hidden ones', () => {
  const { files, told } = found('a.json', '.DS_Store', 'b.evtx', 'c.json.bak');
  expect(files).toEqual(['a.json']);
  expect(told).toEqual([
    `2 files in ${folder} passed over by name, e.g. b.evtx: of a folder only .json, .ndjson, .jsonl or .log, also rotated as .log.1, also with .gz or .zst are read. Name others one by one.`,
  ]);
});

it('files that are to be left out are, by any path to them', () => {
  found('a.ndjson.gz', 'b.json', 'c.log');
  const except = [path.join(folder, '.', 'b.json')];
  const files = listCaptures([folder], { except, tell: (sentence) => expect.unreachable(sentence) });
  expect(files.map((file) => path.basename(file))).toEqual(['a.ndjson.gz', 'c.log']);
});

it('a file is taken as it is given, whatever its name', () => {
  const given = path.join(folder, 'readme.md');
  writeFileSync(given, '{}');
  expect(listCaptures([given], { tell: (sentence) => expect.unreachable(sentence) })).toEqual([given]);
});

it('a folder without events and a path that is not there are refused', () => {
  expect(() => found('readme.md')).toThrow('holds no event files');
  expect(() => listCaptures([path.join(folder, 'missing')], { tell: () => undefined })).toThrow(
    'cannot be read',
  );
});
