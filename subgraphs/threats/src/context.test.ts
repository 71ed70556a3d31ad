import { defaultRiskWeights, scoreEntity } from '@parapet/detection';
import { expect, test } from 'vitest';
import { createThreatsContext, type ThreatsStores } from './context.ts';
import type { RiskReader } from './risk-reader.ts';

const risk = (score: number) =>
  scoreEntity(
    [{ id: 'a', ruleId: 'r', score, status: 'open', count: 1, lastSeen: 0 }],
    defaultRiskWeights,
    0,
  );

test('the risk of many assets, asked for in several fields, is one question', async () => {
  const asked: string[][] = [];
  const risks: Pick<RiskReader, 'ofAssets'> = {
    ofAssets: async (assets) => {
      asked.push(assets.map(({ key }) => key));
      return new Map([['a', risk(40)]]);
    },
  };
  const stores = { risks, weights: defaultRiskWeights } as ThreatsStores;
  const context = createThreatsContext(stores, {
    subject: 'tester',
    kind: 'user',
    scopes: [],
    requestId: 'r',
  });
  const found = await Promise.all(['a', 'b', 'a'].map((key) => context.riskOfAsset({ key, handles: [key] })));
  expect(found.map(({ score }) => score)).toEqual([50, 0, 50]);
  expect(asked).toEqual([['a', 'b']]);
});
