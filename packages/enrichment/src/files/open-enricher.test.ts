import { mkdir, mkdtemp, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Enricher } from '../enrichment.ts';
import { batchOf } from '../testing/batch-of.ts';
import { createTestLog } from '../testing/test-providers.ts';
import { createFileSource } from './file-source.ts';
import { openEnricher } from './open-enricher.ts';

let folder: string;
let enricher: Enricher | undefined;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'parapet-enrichment-'));
});
afterEach(async () => {
  await enricher?.close();
  enricher = undefined;
  await rm(folder, { recursive: true });
});

const write = (name: string, content: string | Uint8Array) => writeFile(path.join(folder, name), content);
const found = (address: string) =>
  enricher
    ?.enrich(batchOf([{ 'src_endpoint.ip': address }]))
    .answersAt(0)
    .map(({ answer }) => answer.values['name'] ?? answer.values['zone']);

test('without a configuration the built-in zones are known', async () => {
  enricher = await openEnricher({ log: createTestLog() });
  expect(found('192.168.1.1')).toEqual(['private']);
  expect(found('8.8.8.8')).toEqual(['internet']);
  expect(enricher.asynchronous).toBe(false);
});

test('paths start at the folder of the configuration, and a replaced file is taken over while in use', async () => {
  let time = Date.now();
  await write(
    'enrichment.yml',
    'providers: [{ name: assets, kind: asset, file: data.csv, refreshSeconds: 5 }]',
  );
  await write('data.csv', 'address,name\n10.0.0.1,old\n');
  const log = createTestLog();
  enricher = await openEnricher({ file: path.join(folder, 'enrichment.yml'), log, now: () => time });
  expect(found('10.0.0.1')).toEqual(['private', 'old']);
  await write('next.csv', 'address,name\n10.0.0.1,new\n');
  await rename(path.join(folder, 'next.csv'), path.join(folder, 'data.csv'));
  time += 6_000;
  await enricher.refresh();
  expect(found('10.0.0.1')).toEqual(['private', 'new']);
  await write('data.csv', Uint8Array.of(0xff, 0xfe, 0, 1));
  time += 6_000;
  await enricher.refresh();
  expect(found('10.0.0.1')).toEqual(['private', 'new']);
  await rm(path.join(folder, 'data.csv'));
  time += 60_000;
  await enricher.refresh();
  expect(found('10.0.0.1')).toEqual(['private', 'new']);
  expect(log.warnings[0]).toBe('The file is no UTF-8 text.');
  expect(log.warnings[1]).toMatch(/data\.csv cannot be read \(ENOENT\)\.$/);
  expect(log.notices[1]).toMatch(
    /^The data of enrichment "\w+" cannot be loaded, and what was loaded before stays in use: .*\(ENOENT\)\.$/,
  );
});

test('a database that is none, and one that is cut off, are said to be so', async () => {
  await write('enrichment.yml', 'providers: [{ name: places, kind: location, file: geo.mmdb }]');
  await write('geo.mmdb', 'no database');
  enricher = await openEnricher({ file: path.join(folder, 'enrichment.yml'), log: createTestLog() });
  expect(enricher.status().at(-1)).toMatchObject({
    state: 'failed',
    problem: expect.stringContaining('This is no MaxMind DB file'),
  });
});

test('a configuration that is missing or wrong is refused', async () => {
  const log = createTestLog();
  await expect(openEnricher({ file: path.join(folder, 'none.yml'), log })).rejects.toThrow(
    /none\.yml cannot be read \(ENOENT\)/,
  );
  await write('enrichment.yml', 'provider: []');
  await expect(openEnricher({ file: path.join(folder, 'enrichment.yml'), log })).rejects.toThrow('provider');
});

test('a file is read again only when it changed, and a folder is none', async () => {
  await write('a.txt', 'one');
  const source = createFileSource('a.txt', folder);
  const first = await source.read(undefined);
  expect(Buffer.from(first?.bytes ?? []).toString()).toBe('one');
  expect(await source.read(first?.version)).toBeUndefined();
  await utimes(path.join(folder, 'a.txt'), 1_000, 1_000);
  expect(await source.read(first?.version)).toMatchObject({ modifiedAt: 1_000_000 });
  await expect(createFileSource('.', folder).read(undefined)).rejects.toThrow(/is no file/);
});

test('a file of an installed package is found from the folder of the configuration', async () => {
  await mkdir(path.join(folder, 'node_modules/@some/data'), { recursive: true });
  await write('node_modules/@some/data/package.json', '{"name":"@some/data","version":"1.0.0"}');
  await write('node_modules/@some/data/all.mmdb', 'here');
  expect(
    Buffer.from(
      (await createFileSource('npm:@some/data/all.mmdb', folder).read(undefined))?.bytes ?? [],
    ).toString(),
  ).toBe('here');
  await expect(createFileSource('npm:@other/data/all.mmdb', folder).read(undefined)).rejects.toThrow(
    '@other/data/all.mmdb is not installed',
  );
});
