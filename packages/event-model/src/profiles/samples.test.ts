import { Buffer } from 'node:buffer';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createDecoder } from '../decode/create-decoder.ts';
import { assetsOf, entitiesOf } from '../entities.ts';
import { sourceProfiles } from './source-profiles.ts';

interface Sample {
  readonly event: unknown;
  /** `time` is left out of the attributes, since it is above them. */
  readonly expected: unknown;
}

const folder = join(import.meta.dirname, 'samples');
const paths = globSync('*/*.json', { cwd: folder });
const timestamp = Date.parse('2026-01-15T09:40:00Z');

describe('each sample becomes the event that is written beside it', () => {
  test.each(paths)('%s', (path) => {
    const { event, expected } = JSON.parse(readFileSync(join(folder, path), 'utf8')) as Sample;
    const value = Buffer.from(JSON.stringify(event));
    const record = { topicId: 'topic', partition: 0, offset: 0, timestamp, value, headers: {} };
    const { batches, rejected } = createDecoder({ fields: () => [] }).decode([record]);
    expect(rejected).toEqual([]);
    const batch = batches[0]!;
    const found = {
      source: batch.source,
      time: new Date(batch.times[0]!).toISOString(),
      logSources: batch.logSources[batch.routes[0]!],
      entities: entitiesOf(batch)(0),
      assets: assetsOf(batch, 0).map(({ role, names }) => ({
        role,
        names: names.map(({ kind, name }) => `${kind} ${name}`),
      })),
      attributes: Object.fromEntries(
        batch
          .attributePaths()
          .filter((attribute) => attribute !== 'time')
          .map((attribute) => [attribute, batch.attributeValue(0, attribute)]),
      ),
    };
    expect(found).toEqual(expected);
    expect(found.source).toBe(path.split('/')[0]);
  });
});

test('every profile has a sample', () => {
  const sampled = new Set(paths.map((path) => path.split('/')[0]));
  expect(sourceProfiles.map((profile) => profile.id).filter((id) => !sampled.has(id))).toEqual([]);
});

test('the last kind of every profile holds for every event, and ids are not used twice', () => {
  for (const profile of sourceProfiles) expect(profile.kinds.at(-1)?.when, profile.id).toEqual([]);
  expect(new Set(sourceProfiles.map((profile) => profile.id)).size).toBe(sourceProfiles.length);
});
