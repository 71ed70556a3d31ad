import { expect, test } from 'vitest';
import { attributesOf, EnrichmentConfigError, parseEnrichmentConfig } from './enrichment-config.ts';

test('an empty configuration is one without providers', () => {
  expect(parseEnrichmentConfig('')).toEqual({ prepareMs: 50, providers: [], attributes: {} });
});

test('every mistake of a configuration is named with its place', () => {
  const text = `
prepareMs: -1
providers:
  - { name: a, kind: asset }
  - { name: "b b", kind: indicator, file: x.txt, confidence: 200, colour: red }
  - { name: c, kind: zone, zones: { dmz: { networks: [10.0.0.0/99] } } }
  - { name: d, kind: weather }
attributes: { "Not A Path": [address], user.uid: [nonsense] }
`;
  const parse = () => parseEnrichmentConfig(text);
  expect(parse).toThrow(EnrichmentConfigError);
  for (const place of [
    'prepareMs',
    'providers.0.file',
    'providers.1.name',
    'providers.1.confidence',
    'colour',
    'providers.2.zones.dmz.networks.0: is no CIDR network',
    'providers.3.kind',
    'is no attribute path',
    'user.uid.0',
  ])
    expect(parse).toThrow(place);
});

test('records are of a file or of a database, and a database of assets or users only', () => {
  const postgres = 'postgres: { urlFrom: ASSETS_URL, query: SELECT 1 }';
  expect(parseEnrichmentConfig(`providers: [{ name: a, kind: user, ${postgres} }]`).providers).toMatchObject([
    { kind: 'user', postgres: { urlFrom: 'ASSETS_URL', query: 'SELECT 1' }, refreshSeconds: 30 },
  ]);
  const mistakes: readonly (readonly [string, string])[] = [
    [
      `kind: asset, file: x.csv, ${postgres}`,
      'providers.0.file: needs either file or postgres, and not both',
    ],
    ['kind: user', 'providers.0.file: needs either file or postgres, and not both'],
    [
      'kind: asset, postgres: { urlFrom: "postgres://u:p@h/d", query: SELECT 1 }',
      'is no name of an environment variable',
    ],
    ['kind: asset, postgres: { urlFrom: A, query: " " }', 'providers.0.postgres.query'],
    [`kind: location, ${postgres}`, 'postgres'],
  ];
  for (const [provider, mistake] of mistakes)
    expect(() => parseEnrichmentConfig(`providers: [{ name: a, ${provider} }]`), provider).toThrow(mistake);
});

test('names are unique, and zones are in one place', () => {
  const zone = (name: string) => `{ name: ${name}, kind: zone, zones: {} }`;
  expect(() => parseEnrichmentConfig(`providers: [${zone('a')}, ${zone('b')}]`)).toThrow(
    'one provider of the kind zone',
  );
  expect(() =>
    parseEnrichmentConfig(`providers: [${zone('a')}, { name: a, kind: user, file: x.csv }]`),
  ).toThrow('the same name');
});

test.each(['{', 'a: &a [*a]', '['.repeat(100_000), 'providers: 1', '- list', '\0'])(
  '%# is refused with a sentence',
  (text) => {
    expect(() => parseEnrichmentConfig(text)).toThrow(EnrichmentConfigError);
  },
);

test('attributes of the configuration are added, or replace what is built in', () => {
  const attributes = attributesOf(
    parseEnrichmentConfig(
      'attributes: { request.remote_ip: [address], device.hostname: [], user.name: [user, host] }',
    ),
  );
  const of = (path: string) => attributes.filter((attribute) => attribute.path === path);
  expect(of('request.remote_ip')).toEqual([{ path: 'request.remote_ip', types: ['address'] }]);
  expect(of('device.hostname')).toEqual([{ path: 'device.hostname', types: [] }]);
  expect(of('user.name')).toEqual([
    { path: 'user.name', types: ['user', 'host'], domainPath: 'user.domain' },
  ]);
  expect(of('src_endpoint.ip')).toHaveLength(1);
});
