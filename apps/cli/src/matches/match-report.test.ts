import { expect, it } from 'vitest';
import { requireExpectedFiles, toLines } from './match-report.ts';
import { addMatch, type MatchTable } from './rule-matches.ts';

function tableOf(...files: string[]): MatchTable {
  const table: MatchTable = new Map();
  for (const file of files) addMatch(table, { file, position: 1 }, 'r1');
  return table;
}

function told(expected: MatchTable, ...files: string[]): string[] {
  const sentences: string[] = [];
  requireExpectedFiles({ expected, known: [] }, new Set(files), (sentence) => sentences.push(sentence));
  return sentences;
}

it('expected matches of files that nobody looks at are refused when there are no others, and told else', () => {
  expect(() => told(tableOf('b.json', 'c.json'), 'a.json')).toThrow(
    '--expect names no file that is looked at, so there would be nothing to compare: it names e.g. b.json, while what is looked at is called e.g. a.json.',
  );
  expect(told(tableOf('a.json', 'b.json'), 'a.json')).toEqual([
    '--expect names 1 file that is not looked at, e.g. b.json: what is expected there is left out.',
  ]);
  expect(told(tableOf('a.json'), 'a.json', 'b.json')).toEqual([]);
  expect(told(tableOf(), 'a.json')).toEqual([]);
});

it('matches are written with their line, those of arrays with their index', () => {
  expect(toLines(tableOf('a.json', 'b.json'), new Set(['b.json']))).toBe(
    '{"file":"a.json","line":1,"rules":["r1"]}\n{"file":"b.json","index":1,"rules":["r1"]}\n',
  );
});
