import { Buffer } from 'node:buffer';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createDecoder } from './create-decoder.ts';
import { createSourceExplainer, describeFieldTest, pathsOfField, productName } from './explain-source.ts';
import { linuxSyslog } from './profiles/linux-syslog.ts';
import { sourceProfiles } from './profiles/source-profiles.ts';

const folder = join(import.meta.dirname, 'profiles/samples');
const explainer = createSourceExplainer(sourceProfiles);

function explained(event: object) {
  const value = Buffer.from(JSON.stringify(event));
  const record = { topicId: 'topic', partition: 0, offset: 0, timestamp: 0, value, headers: {} };
  const batch = createDecoder({ fields: new Set() }).decode([record]).batches[0]!;
  return { batch, explanation: explainer.explain(event, batch, 0) };
}

describe('what an attribute was taken from', () => {
  test.each(globSync('*/*.json', { cwd: folder }))(
    'every attribute of %s has fields or is a constant',
    (path) => {
      const { event } = JSON.parse(readFileSync(join(folder, path), 'utf8')) as { event: object };
      const { batch, explanation } = explained(event);
      expect(explanation.profile.id).toBe(path.split('/')[0]);
      const attributes = new Set(explanation.mapped.map(({ attribute }) => attribute));
      for (const attribute of attributes) expect(batch.attributePaths).toContain(attribute);
    },
  );

  test('is the first field that yields something, not the first that is there', () => {
    const { explanation } = explained({
      type: 'USER_LOGIN',
      msg: 'audit(1768470000.000:1)',
      addr: '?',
      hostname: '203.0.113.9',
      acct: 'root',
      res: 'failed',
    });
    expect(explanation.shape.id).toBe('record');
    expect(explanation.mapped).toContainEqual({ field: 'hostname', attribute: 'src_endpoint.ip' });
    expect(explanation.mapped).not.toContainEqual({ field: 'addr', attribute: 'src_endpoint.ip' });
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
