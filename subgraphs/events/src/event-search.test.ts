import { type Lake, LakeError } from '@parapet/lake';
import { expect, test } from 'vitest';
import { askLake, narrowToAsset, toEventQuery } from './event-search.ts';

const lake = {} as Lake;

test.each([
  ['INVALID_QUERY', 'BAD_USER_INPUT'],
  ['BUSY', 'UNAVAILABLE'],
  ['ABORTED', 'DEADLINE_EXCEEDED'],
] as const)('%s of the lake is told to the caller as %s', async (code, told) => {
  const failing = askLake(lake, () => Promise.reject(new LakeError(code, 'why')));
  await expect(failing).rejects.toMatchObject({ extensions: { code: told } });
});

test('other errors are ours, and pass as they are', async () => {
  for (const error of [new LakeError('DAMAGED', 'why'), new Error('why')]) {
    await expect(askLake(lake, () => Promise.reject(error))).rejects.toBe(error);
  }
});

test('a filter becomes a query of the lake; conditions left out or null are none', () => {
  expect(toEventQuery(null)).toEqual({});
  expect(toEventQuery({ host: null, assetId: 'ast_1', since: new Date(5), until: new Date(9) })).toEqual({
    assets: ['ast_1'],
    since: 5,
    until: 9,
  });
});

test('an asset without names, or another one than the filter wants, finds nothing', () => {
  expect(narrowToAsset({}, [])).toBeUndefined();
  expect(narrowToAsset({ assets: ['b'] }, ['a'])).toBeUndefined();
  expect(narrowToAsset({ assets: ['a'] }, ['a', 'b'])).toEqual({ assets: ['a'] });
});
