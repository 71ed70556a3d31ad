import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { defaultRiskWeights } from '../index.ts';
import { readRiskWeights } from './read-risk-weights.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'parapet-risk-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('no file means the defaults', async () => {
  expect(await readRiskWeights(undefined)).toBe(defaultRiskWeights);
});

test('a file is read, and one that cannot be used is named', async () => {
  const file = path.join(folder, 'risk.yaml');
  await writeFile(file, 'entity: { halfLifeHours: 24 }');
  expect((await readRiskWeights(file)).entity.halfLifeHours).toBe(24);
  await writeFile(file, 'entity: { halfLife: 24 }');
  await expect(readRiskWeights(file)).rejects.toThrow(
    `RISK_FILE ${file}: The risk weights cannot be used: entity`,
  );
  await expect(readRiskWeights(path.join(folder, 'none'))).rejects.toThrow('ENOENT');
});
