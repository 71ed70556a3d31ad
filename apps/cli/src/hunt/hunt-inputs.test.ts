import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { listInputs } from './hunt-inputs.ts';
import { progressLine } from './progress-line.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'parapet-inputs-'));
  for (const file of ['a/x.json', 'a/deep/y.ndjson.gz', 'b/x.json', 'b/out.json']) {
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    writeFileSync(path.join(folder, file), '12345');
  }
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const at = (...names: string[]) => names.map((name) => path.join(folder, name));
const stdin = Readable.from([]);
const tell = (sentence: string) => expect.unreachable(sentence);

it('inputs are named as within the folder that was given, each file once', () => {
  const except = at('b/out.json');
  const inputs = listInputs([...at('a', 'a/x.json'), '-'], { except, stdin, tell });
  expect(inputs.map(({ name, size }) => [name, size])).toEqual([
    ['deep/y.ndjson.gz', 5],
    ['x.json', 5],
    ['stdin', undefined],
  ]);
});

it('inputs that would have one name have their whole path', () => {
  const inputs = listInputs(at('a', 'b'), { except: at('b/out.json'), stdin, tell });
  expect(inputs.map(({ name }) => name)).toEqual(['deep/y.ndjson.gz', ...at('a/x.json', 'b/x.json')]);
});

it('a folder that cannot be read is an input that cannot be opened; the first one is refused', () => {
  const [a = '', locked = ''] = at('a', 'a/locked');
  mkdirSync(locked);
  chmodSync(folder, 0o755);
  chmodSync(locked, 0);
  const list = (given: string) => asAnyUser(() => listInputs([given], { except: [], stdin, tell }));
  const inputs = list(a);
  expect(inputs.map(({ name }) => name)).toEqual(['locked/', 'deep/y.ndjson.gz', 'x.json']);
  expect(() => inputs[0]?.open()).toThrow('EACCES');
  expect(() => list(locked)).toThrow(`${locked} cannot be read: this user may not.`);
  chmodSync(locked, 0o755);
});

/** The administrator may read everything. */
function asAnyUser<T>(work: () => T): T {
  const { geteuid, seteuid } = process;
  if (geteuid?.() !== 0) return work();
  seteuid?.(65_534);
  try {
    return work();
  } finally {
    seteuid?.(0);
  }
}

it('progress tells how far, how fast and how long, also where the end is not known', () => {
  const figures = { events: 75_000, matches: 12, elapsedMs: 3000 };
  expect(progressLine({ ...figures, bytes: 5e6, totalBytes: 20e6 })).toBe(
    '[#####---------------]  25% of 20.0 MB  75,000 events, 25,000/s, 12 matches, 9.0 s left',
  );
  expect(progressLine({ ...figures, bytes: 5e6, totalBytes: undefined })).toBe(
    '5.0 MB  75,000 events, 25,000/s, 12 matches',
  );
  expect(progressLine({ bytes: 0, totalBytes: 5, events: 0, matches: 0, elapsedMs: 0 })).toBe(
    '[--------------------]   0% of 0.0 MB  0 events, 0/s, 0 matches',
  );
});

it('progress tells no time that is left before there is something to tell it from', () => {
  const line = (bytes: number, elapsedMs: number) =>
    progressLine({ bytes, totalBytes: 100, events: 1, matches: 0, elapsedMs });
  for (const early of [line(50, 2900), line(1, 5000), line(0, 60_000)]) expect(early).not.toContain('left');
  expect(line(5, 5000)).toMatch(/, 1 min 35 s left$/);
  expect(line(1, 60_000)).toMatch(/, 99 min 0 s left$/);
  expect(line(100, 60_000)).not.toContain('left');
});
