import { expect, test } from 'vitest';
import { batchOf } from './testing/batch-of.ts';
import { enricherOf, type TestFiles } from './testing/test-providers.ts';
import { flattenedAnswers, toOcsfEnrichments } from './to-ocsf.ts';

const files: TestFiles = new Map([
  [
    'assets.ndjson',
    '{"address":"10.0.0.1","name":"db","criticality":"critical","owner":"payments","zone":"vault","tags":["pci","eu"]}\n',
  ],
  ['users.yml', '- name: alice\n  privileged: true\n  department: Finance\n'],
  ['weak.txt', '10.0.0.1\n'],
  ['strong.txt', '10.0.0.0/24\n'],
]);
const config = `
providers:
  - { name: weak, kind: indicator, file: weak.txt, confidence: 20 }
  - { name: strong, kind: indicator, file: strong.txt, confidence: 90, threat: botnet, list: Strong list }
  - { name: assets, kind: asset, file: assets.ndjson }
  - { name: users, kind: user, file: users.yml }
`;

test('what was added to an event is said with its source and its time', async () => {
  const enricher = await enricherOf(config, { files, now: () => 5_000 });
  const enrichment = enricher.enrich(
    batchOf([{ 'actor.user.name': ['alice', 'bob'] }, { 'src_endpoint.ip': '10.0.0.1' }]),
  );
  expect(toOcsfEnrichments(enrichment, 0)).toEqual([
    {
      name: 'actor.user.name',
      value: 'alice, bob',
      type: 'user',
      data: { privileged: true, department: 'Finance' },
      provider: 'users',
      created_time: 5_000,
    },
  ]);
  expect(toOcsfEnrichments(enrichment, 1).map(({ type, provider }) => [type, provider])).toEqual([
    ['zone', 'zones'],
    ['indicator', 'weak'],
    ['indicator', 'strong'],
    ['asset', 'assets'],
  ]);
});

test('as attributes: an asset says the zone before the network does, and the surest indicator speaks', async () => {
  const enricher = await enricherOf(config, { files });
  const enrichment = enricher.enrich(
    batchOf([{ 'src_endpoint.ip': '10.0.0.1', 'dst_endpoint.ip': '192.0.2.1', 'actor.user.name': 'alice' }]),
  );
  expect(flattenedAnswers(enrichment, 0)).toEqual({
    'src_endpoint.asset_name': 'db',
    'src_endpoint.criticality': 'critical',
    'src_endpoint.owner': 'payments',
    'src_endpoint.zone': 'vault',
    'src_endpoint.tags': 'pci, eu',
    'src_endpoint.is_internal': true,
    'dst_endpoint.zone': 'documentation',
    'dst_endpoint.is_internal': false,
    'src_endpoint.ip.indicator.value': '10.0.0.0/24',
    'src_endpoint.ip.indicator.type': 'network',
    'src_endpoint.ip.indicator.list': 'Strong list',
    'src_endpoint.ip.indicator.threat': 'botnet',
    'src_endpoint.ip.indicator.confidence': 90,
    'actor.user.is_privileged': true,
    'actor.user.department': 'Finance',
  });
});
