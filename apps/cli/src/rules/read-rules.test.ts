import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { parseRuleFiles } from './read-rules.ts';

test('a file that is given, and is in a folder that is given too, is read once', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'parapet-rules-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  mkdirSync(path.join(folder, 'deep'));
  for (const id of ['one', 'deep/two'])
    writeFileSync(
      path.join(folder, `${id}.yml`),
      `title: ${id}\nid: ${id}\nlogsource: { product: windows }\ndetection: { a: { x: 1 }, condition: a }\n`,
    );
  const given = [path.join(folder, 'one.yml'), folder, path.join(folder, 'deep')];
  const { files, rules } = parseRuleFiles(given, { tell: () => expect.fail() });
  expect(files).toBe(2);
  expect(rules.map(({ id }) => id).sort()).toEqual(['deep/two', 'one']);
});
