import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ConfigError } from '@parapet/service';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { checkEnrichmentFile } from './check-enrichment-file.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'parapet-enrichment-'));
});
afterEach(() => rm(dir, { recursive: true }));

it('finds a missing or mistaken file of enrichment as a fault of the configuration, by its name', async () => {
  const file = path.join(dir, 'enrichment.yml');
  const mistake = async () => {
    const error: unknown = await checkEnrichmentFile(file).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ConfigError);
    return (error as ConfigError).problems.join();
  };
  expect(await mistake()).toMatch(`ENRICHMENT_FILE ${file}: ENOENT`);
  await writeFile(file, 'providers: 5\n');
  expect(await mistake()).toMatch(
    `ENRICHMENT_FILE ${file}: The enrichment configuration has mistakes: providers: `,
  );
  await writeFile(file, 'providers: [\n');
  expect(await mistake()).toMatch(`ENRICHMENT_FILE ${file}: `);
  await writeFile(file, 'providers: []\n');
  await checkEnrichmentFile(file);
  await checkEnrichmentFile(undefined);
});
