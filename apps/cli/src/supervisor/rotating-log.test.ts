import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openRotatingLog } from './rotating-log.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'parapet-log-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('rotating log', () => {
  it('keeps the last files and never more', () => {
    const file = path.join(folder, 'a.log');
    const log = openRotatingLog(file, { maxBytes: 10, keep: 2 });
    for (const text of ['one-one\n', 'two-two\n', 'three\n', 'four\n', 'five-five\n']) log.write(text);
    log.close();
    expect(readFileSync(file, 'utf8')).toBe('five-five\n');
    expect(readFileSync(`${file}.1`, 'utf8')).toBe('four\n');
    expect(readFileSync(`${file}.2`, 'utf8')).toBe('three\n');
    expect(existsSync(`${file}.3`)).toBe(false);
  });

  it('goes on behind what an earlier run wrote', () => {
    const file = path.join(folder, 'a.log');
    for (const text of ['first\n', 'second\n']) {
      const log = openRotatingLog(file);
      log.write(Buffer.from(text));
      log.close();
      log.write('lost after close\n');
    }
    expect(readFileSync(file, 'utf8')).toBe('first\nsecond\n');
  });
});
