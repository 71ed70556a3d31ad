import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { compareMatches, readExpectedMatches, readKnownDifferences } from './rule-matches.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'parapet-matches-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function file(...lines: unknown[]): string {
  const target = path.join(folder, `${crypto.randomUUID()}.ndjson`);
  writeFileSync(target, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  return target;
}

describe('expected rule matches', () => {
  it('are compared by file, position and rule', async () => {
    const expected = await readExpectedMatches(
      file(
        { file: 'a', line: 1, rules: ['r1', 'r2'] },
        { file: 'b', index: 0, rules: ['r1'] },
        { file: 'c', line: 1, rules: ['r9'] },
      ),
    );
    const actual = await readExpectedMatches(
      file({ file: 'a', line: 1, rules: ['r1', 'r3'] }, { file: 'b', line: 0, rules: ['r1'] }),
    );
    expect(compareMatches(expected, actual, { files: new Set(['a', 'b']), known: [] })).toEqual([
      { kind: 'missing', rule: 'r2', file: 'a', position: 1 },
      { kind: 'extra', rule: 'r3', file: 'a', position: 1 },
    ]);
  });

  it('may differ where that is known, for one event, one file or everywhere', async () => {
    const expected = await readExpectedMatches(
      file({ file: 'a', line: 1, rules: ['r1', 'r2', 'r3'] }, { file: 'a', line: 2, rules: ['r1'] }),
    );
    const known = await readKnownDifferences(
      file(
        { rule: 'r1', kind: 'missing', file: 'a', line: 1, why: 'one' },
        { rule: 'r2', kind: 'missing', file: 'a', why: 'two' },
        { rule: 'r3', kind: 'extra', why: 'three' },
      ),
    );
    const differences = compareMatches(expected, new Map(), { files: new Set(['a']), known });
    expect(differences.map(({ rule, position, why }) => [rule, position, why])).toEqual([
      ['r1', 1, 'one'],
      ['r2', 1, 'two'],
      ['r3', 1, undefined],
      ['r1', 2, undefined],
    ]);
  });

  it('that cannot be read are refused with their line', async () => {
    await expect(readExpectedMatches(file({ file: 'a', rules: [] }))).rejects.toThrow(
      /ndjson:1 cannot be used: "line" or "index" is missing\. Each line has to be/,
    );
    await expect(readExpectedMatches(file({ line: 1, rules: [] }))).rejects.toThrow(
      'cannot be used: "file" has to be the name of a file.',
    );
    await expect(readExpectedMatches(file({ file: 'a', line: 1, rules: [7] }))).rejects.toThrow(
      '"rules" has to be a list of rule ids',
    );
    await expect(readExpectedMatches(file('text'))).rejects.toThrow('it is no JSON object');
    await expect(readKnownDifferences(file({ rule: 'r', kind: 'other', why: 'x' }))).rejects.toThrow(
      ':1 cannot be used: "kind" has to be "missing" or "extra".',
    );
  });
});
