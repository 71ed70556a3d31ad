import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readRecords } from './read-records.ts';

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

  it('takes an object that is printed over several lines for one event, at its first line', async () => {
    const events = [{ a: { b: [1, { c: '}' }] } }, { d: {} }];
    const text = events.map((event) => JSON.stringify(event, null, 2)).join('\r\n\n');
    const found = await read(file('a.json', `{"first":1}\n${text}\n{"last":1}`));
    expect(found.map(([line, json]) => [line, JSON.parse(json)])).toEqual([
      [1, { first: 1 }],
      [2, events[0]],
      [13, events[1]],
      [16, { last: 1 }],
    ]);
    // What never ends costs nothing beside it.
    expect(await read(file('b.json', '{\n"a":1,\n{\n "b": 2\n}\n{\n'))).toEqual([
      [1, '{\n"a":1,'],
      [3, '{\n "b": 2\n}'],
      [6, '{'],
    ]);
    // Without indentation, and with the closing bracket behind the last value.
    expect(await read(file('c.json', '{\n"a": {\n"b": 1\n},\n"c": 2 }\n{"d":2} {"e":3}'))).toEqual([
      [1, '{\n"a": {\n"b": 1\n},\n"c": 2 }'],
      [6, '{"d":2}'],
      [6, '{"e":3}'],
    ]);
    // A hole of zeros, in front of the file and within it.
    expect(await read(file('hole.log', '\0{"a":1}\n\0\0\0\0{"b":2}\n{"c":3}\n\0\0'))).toEqual([
      [1, '{"a":1}'],
      [2, '{"b":2}'],
      [3, '{"c":3}'],
    ]);
    // A line of text that begins as an array does.
    expect(await read(file('d.log', '[10:00:00] started\n{"a":1}\n[x\n{"b":2}'))).toEqual([
      [1, '[10:00:00] started'],
      [2, '{"a":1}'],
      [3, '[x'],
      [4, '{"b":2}'],
    ]);
  });

  it('keeps bytes as they are, also those that are no UTF-8', async () => {
    expect(await read(file('a.ndjson', Buffer.from([0xc3, 0x28, 0x0a, 0x00, 0xff])))).toEqual([
      [1, '\u00c3('],
      [2, '\u00ff'],
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

  it('unpacks by the first bytes, not by the name, also .zst of several frames', async () => {
    const frames = ['{"a":1}\n', '{"a":2}\n', '{"a":3}'].map((text) => zstdCompressSync(text));
    const expected = [
      [1, '{"a":1}'],
      [2, '{"a":2}'],
      [3, '{"a":3}'],
    ];
    expect(await read(file('a.log', Buffer.concat(frames)))).toEqual(expected);
    expect(await read(file('b.log', gzipSync('{"a":1}\n{"a":2}\n{"a":3}')))).toEqual(expected);
    await expect(read(file('c.zst', Buffer.concat(frames).subarray(0, -3)))).rejects.toThrow(
      'cannot be read',
    );
  });

  it.each(['utf16le', 'utf16be'])(
    'turns %s into UTF-8, with and without a byte order mark',
    async (encoding) => {
      for (const mark of ['', '\ufeff']) {
        const bytes = Buffer.from(`${mark}{"a":"é😀"}\r\n{"a":2}`, 'utf16le');
        const found = await read(file('a.ndjson', encoding === 'utf16le' ? bytes : bytes.swap16()));
        expect(found).toEqual([
          [1, Buffer.from('{"a":"é😀"}').toString('latin1')],
          [2, '{"a":2}'],
        ]);
      }
    },
  );

  it.each([
    ['ElfFile\0', 'binary Windows event log'],
    ['PK\u0003\u0004', 'ZIP'],
    ['BZh91', 'bzip2'],
  ])('says what to do with a file that starts with %j', async (start, message) => {
    await expect(read(file('a.evtx', Buffer.from(`${start}xxxxxxxxxxxxxxxx`)))).rejects.toThrow(message);
  });

  it('takes the elements of {"Records": [...]}', async () => {
    expect(
      await read(file('a.json', '\n{ "Records" : [\n {"a":1}, {"a":2}] }\n{"Records":[{"a":3}]}')),
    ).toEqual([
      [0, '{"a":1}'],
      [1, '{"a":2}'],
      [2, '{"a":3}'],
    ]);
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
      'a.json cannot be read: event 1: The file ends inside',
    );
    await expect(read(file('a.gz', gzipSync('{}').subarray(0, -9)))).rejects.toThrow('a.gz cannot be read');
    await expect(read(path.join(folder, 'missing'))).rejects.toThrow('missing cannot be read');
    await expect(read(file('b.ndjson', 'x'.repeat(8 << 20)))).rejects.toThrow('line 1 is larger than');
  });
});
