import { describe, expect, test } from 'vitest';
import { isOcsfAttribute, observableTypeOf } from './ocsf-attributes.ts';
import { sourceProfiles } from './source-profiles.ts';

describe.each(sourceProfiles)('profile $id', (profile) => {
  test('maps to attributes that OCSF has in the class of each kind', () => {
    const unknown = profile.kinds.flatMap((kind) =>
      Object.entries({ ...profile.attributes, ...kind.attributes })
        // An empty list takes an attribute of the whole profile away from one kind.
        .filter(([, sources]) => !(Array.isArray(sources) && sources.length === 0))
        .filter(([path]) => !isOcsfAttribute(kind.class, path))
        .map(([path]) => `${kind.class}: ${path}`),
    );
    expect([...new Set(unknown)]).toEqual([]);
  });
});

test.each([
  ['authentication', 'src_endpoint.ip', true],
  ['authentication', 'src_endpoint.ipp', false],
  ['authentication', 'src_endpoint', false],
  ['dnsActivity', 'query.hostname', true],
  ['dnsActivity', 'http_response.code', false],
  ['processActivity', 'actor.process.file.hashes.sha256', true],
  ['processActivity', 'actor.process.file.hashes.sha257', false],
  ['baseEvent', 'reg_key.path', true],
  ['baseEvent', 'toString', false],
] as const)('%s has %s: %s', (ocsfClass, path, expected) => {
  expect(isOcsfAttribute(ocsfClass, path)).toBe(expected);
});

test.each([
  ['src_endpoint.ip', 2],
  ['device.hostname', 1],
  ['actor.user.name', 4],
  ['process.file.hashes.sha256', 8],
  ['evidences.file.path', 45],
  ['message', undefined],
  ['nothing.here', undefined],
])('the observable type of %s is %s', (path, expected) => {
  expect(observableTypeOf(path)).toBe(expected);
});
