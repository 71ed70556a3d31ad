import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listCaptures } from './list-captures.ts';
import { readRecords } from './read-records.ts';
import { createArraySplitter } from './split-json-array.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'parapet-input-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, content: string | Buffer): string {
  const target = path.join(folder, name);
  writeFileSync(target, content);
  return target;
}

async function read(target: string): Promise<[number, string][]> {
  const found: [number, string][] = [];
  for await (const { value, line } of readRecords(target)) found.push([line, value.toString('latin1')]);
  return found;
}

describe('reading the events of a file', () => {
  it('takes lines from 1, and counts empty ones without sending them', async () => {
    expect(await read(file('a.ndjson', '{"a":1}\r\n\n  \n{"a":2}\nnot json'))).toEqual([
      [1, '{"a":1}'],
      [4, '{"a":2}'],
      [5, 'not json'],
    ]);
  });

  it('keeps bytes as they are, also those that are no UTF-8', async () => {
    expect(await read(file('a.ndjson', Buffer.from([0xc3, 0x28, 0x0a, 0x00, 0xff])))).toEqual([
      [1, '\u00c3('],
      [2, '\u0000\u00ff'],
    ]);
  });

  it('unpacks .gz, larger than one chunk', async () => {
    const lines = Array.from(
      { length: 20_000 },
      (_, index) => `{"index":${index},"text":"${'x'.repeat(50)}"}`,
    );
    const found = await read(file('a.ndjson.gz', gzipSync(lines.join('\n'))));
    expect(found.map(([, text]) => text)).toEqual(lines);
    expect(found.at(-1)?.[0]).toBe(20_000);
  });

  it('takes the elements of an array from 0, behind a byte order mark and white space', async () => {
    expect(await read(file('a.json', '\ufeff\n [ {"a":"],[\\""} ,\n [1,[2]], "x" ]\n'))).toEqual([
      [0, '{"a":"],[\\""}'],
      [1, '[1,[2]]'],
      [2, '"x"'],
    ]);
    expect(await read(file('b.json', '[]'))).toEqual([]);
    expect(await read(file('c.json', ''))).toEqual([]);
  });

  it('says what is wrong with a file that cannot be read to its end', async () => {
    await expect(read(file('a.json', '[{"a":1},'))).rejects.toThrow(
      'a.json cannot be read: the file ends inside',
    );
    await expect(read(file('a.gz', 'not gzip'))).rejects.toThrow('a.gz cannot be read');
    await expect(read(path.join(folder, 'missing'))).rejects.toThrow('missing cannot be read');
    await expect(read(file('b.ndjson', 'x'.repeat(8 << 20)))).rejects.toThrow('line 1 is larger than');
  });
});

describe('splitting an array', () => {
  it('finds the same elements however the bytes are cut', () => {
    const text = '[{"a":"\\\\"},{"b":[1,{"c":"]"}]},-1.5e3,"é\\u0022",null]';
    const bytes = Buffer.from(text);
    for (let size = 1; size <= bytes.length; size++) {
      const splitter = createArraySplitter(1000);
      const found: string[] = [];
      for (let from = 0; from < bytes.length; from += size) {
        for (const element of splitter.push(bytes.subarray(from, from + size)))
          found.push(element.toString());
      }
      expect(splitter.done).toBe(true);
      expect(found.map((element) => JSON.parse(element))).toEqual(JSON.parse(text));
    }
  });

  it('refuses an element that is too large', () => {
    const splitter = createArraySplitter(10);
    expect(() => splitter.push(Buffer.from('["0123456789abc"]'))).toThrow('larger than 10 bytes');
  });
});

describe('listing captures', () => {
  it('walks folders in order and takes event files alone', () => {
    for (const name of ['b.json', 'a.ndjson.gz', 'readme.md', 'c.log']) file(name, '{}');
    const names = (except: string[]) => listCaptures([folder], except).map((one) => path.basename(one));
    expect(names([])).toEqual(['a.ndjson.gz', 'b.json', 'c.log']);
    expect(names([path.join(folder, '.', 'b.json')])).toEqual(['a.ndjson.gz', 'c.log']);
  });

  it('takes a file as it is given, whatever its name', () => {
    const given = file('readme.md', '{}');
    expect(listCaptures([given])).toEqual([given]);
  });

  it('says what is wrong with a folder without events or a path that is not there', () => {
    expect(() => listCaptures([folder])).toThrow('holds no event files');
    expect(() => listCaptures([path.join(folder, 'missing')])).toThrow('cannot be read');
  });
});
