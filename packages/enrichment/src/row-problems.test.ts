import { expect, test } from 'vitest';
import { createAssetKnowledge } from './asset-knowledge.ts';
import type { Knowledge } from './provider.ts';
import { parseRecords } from './records.ts';
import { createUserKnowledge } from './user-knowledge.ts';

const assets = (csv: string): Promise<Knowledge> =>
  createAssetKnowledge({ provider: 'cmdb', rows: parseRecords(csv, 'csv'), asOf: 0 });

test('a misspelt column is told with those that are known, and the rest of the file is used', async () => {
  const knowledge = await assets('host,critcality\nweb1,high\nweb2,low\n');
  expect(knowledge.problems).toEqual([
    'Nothing reads "critcality": known are name, host, address, account, criticality, owner, zone, tags.',
  ]);
  expect(knowledge).toMatchObject({ entries: 2, rejected: 0 });
});

test('rows that are left out are told by their number and reason, the first of them, without what they hold', async () => {
  const rows = ['web1,secret', 'web2', ',high', '"web3",high', ...Array<string>(5).fill(',low')];
  const knowledge = await assets(['host,criticality', ...rows].join('\n'));
  expect(knowledge).toMatchObject({ entries: 1, rejected: 8 });
  expect(knowledge.problems).toHaveLength(3);
  const [level, fields, nameless] = knowledge.problems ?? [];
  expect(level).toMatch(/^Row 1 is left out: criticality: .*"high"/);
  expect(level).not.toContain('secret');
  expect(fields).toMatch(/^Row 2 is left out: it is no record, has not as many fields as the header/);
  expect(nameless).toBe('Row 3 is left out: it has neither host nor address nor account.');
});

test('users are told in the same way', async () => {
  const rows = parseRecords('name,privileged\nann,perhaps\nbob,yes\n', 'csv');
  const knowledge = await createUserKnowledge({ provider: 'hr', rows, asOf: 0 });
  expect(knowledge.problems).toEqual(['Row 1 is left out: privileged: is neither true nor false.']);
});
