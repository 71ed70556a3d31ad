import { Buffer } from 'node:buffer';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createDecoder } from './decode/create-decoder.ts';
import {
  createSourceExplainer,
  describeFieldTest,
  pathsOfField,
  productName,
  profilesOfShapes,
} from './explain-source.ts';
import { linuxSyslog } from './profiles/linux-syslog.ts';
import { sourceProfiles } from './profiles/source-profiles.ts';

const folder = join(import.meta.dirname, 'profiles/samples');

function explained(event: object, named?: string) {
  const profiles = profilesOfShapes(sourceProfiles, named);
  const value = Buffer.from(JSON.stringify(event));
  const record = { topicId: 'topic', partition: 0, offset: 0, timestamp: 0, value, headers: {} };
  const batch = createDecoder({ profiles, fields: () => [] }).decode([record]).batches[0]!;
  const profile = profiles.find(({ id }) => id === batch.source)!;
  return { batch, profile, mapped: createSourceExplainer(profile).mapped(batch, 0) };
}

describe('what an attribute was taken from', () => {
  test.each(globSync('*/*.json', { cwd: folder }))(
    'every attribute of %s has fields or is a constant',
    (path) => {
      const { event } = JSON.parse(readFileSync(join(folder, path), 'utf8')) as { event: object };
      const { batch, profile, mapped } = explained(event);
      expect(profile.source.id).toBe(path.split('/')[0]);
      if (profile.source.id !== 'generic') expect(mapped.length).toBeGreaterThan(0);
      for (const { attribute } of mapped) expect(batch.attributeValue(0, attribute)).toBeDefined();
    },
  );

  test('is the first field that yields something, not the first that is there', () => {
    const { profile, mapped } = explained({
      type: 'USER_LOGIN',
      msg: 'audit(1768470000.000:1)',
      addr: '?',
      hostname: '203.0.113.9',
      acct: 'root',
      res: 'failed',
    });
    expect(profile.shape.id).toBe('record');
    expect(mapped).toContainEqual({ field: 'hostname', attribute: 'src_endpoint.ip' });
    expect(mapped).not.toContainEqual({ field: 'addr', attribute: 'src_endpoint.ip' });
  });
});

describe('a source that is named', () => {
  test('has the shape that its tests say, or its first one without saying so', () => {
    const eve = { event_type: 'flow', flow_id: 1, src_ip: '10.1.0.31' };
    const known = explained(eve, 'suricata').profile;
    expect([known.shape.id, known.recognised]).toEqual(['eve-flow', true]);
    const odd = explained({ src_ip: '10.1.0.31' }, 'suricata');
    expect([odd.profile.shape.id, odd.profile.recognised]).toEqual(['eve', false]);
    expect(odd.mapped).toEqual([{ field: 'src_ip', attribute: 'src_endpoint.ip' }]);
  });

  test('must be one', () => {
    expect(() => profilesOfShapes(sourceProfiles, 'nope')).toThrow(RangeError);
  });
});

test('a field is looked for at its aliases, then under the prefixes', () => {
  const shape = linuxSyslog.shapes.find(({ id }) => id === 'fluent-bit')!;
  expect(pathsOfField(shape, 'USER')).toEqual(['message', 'USER']);
  expect(pathsOfField(shape, 'program')).toEqual(['ident', 'program']);
  expect(pathsOfField(shape, 'constructor')).toEqual(['constructor']);
});

test('tests are told in words', () => {
  expect(describeFieldTest({ field: 'a' })).toBe('a is there');
  expect(describeFieldTest({ field: 'a', present: false })).toBe('a is not there');
  expect(describeFieldTest({ field: 'a', is: ['x', 7] })).toBe('a is x or 7');
  expect(describeFieldTest({ field: 'a', prefix: ['x'] })).toBe('a starts with x');
  expect(describeFieldTest({ field: 'a', is: [1, 2, 3, 4, 5, 6] })).toBe(
    'a is 1, 2, 3, 4 or one of 2 others',
  );
});

test.each([
  [{ name: 'Sysmon', vendor: 'Microsoft' }, 'Microsoft Sysmon'],
  [{ name: 'Okta System Log', vendor: 'Okta' }, 'Okta System Log'],
  [{ name: 'OCSF' }, 'OCSF'],
])('the product %j is called %s', (product, expected) => {
  expect(productName({ product })).toBe(expected);
});
