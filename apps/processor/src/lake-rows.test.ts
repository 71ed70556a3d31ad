import { createEnricher, createProviders, parseEnrichmentConfig } from '@parapet/enrichment';
import { createDecoder } from '@parapet/event-model';
import { expect, test } from 'vitest';
import { toLakeRows } from './lake-rows.ts';

const ports = {
  sourceOf: () => {
    throw new Error('no file is named');
  },
  rowsOf: () => {
    throw new Error('no database is named');
  },
  now: () => 7,
  log: { info: () => {}, warn: () => {} },
};
const risk = { risk_score: 60, risk_level_id: 3, risk_level: 'High', risk_contributions: '[]' };

test('an event’s risk is kept among its attributes and as a column of its own', () => {
  const value = Buffer.from(
    '{"Channel":"Security","EventID":4624,"Hostname":"h1"}\n{"Channel":"Security","EventID":4624}',
  );
  const record = { topicId: 't', partition: 0, offset: 0, timestamp: 1_700_000_000_000, headers: {}, value };
  const rows = createDecoder({ fields: () => [] })
    .decode([record])
    .batches.flatMap((batch) =>
      toLakeRows(batch, { rulesOf: () => [], riskOf: (row) => (row === 0 ? risk : undefined) }),
    );
  expect(rows).toHaveLength(2);
  expect(rows[0]).toMatchObject({ riskScore: 60, attributes: { 'device.hostname': 'h1', ...risk } });
  expect(rows[1]?.riskScore).toBeUndefined();
  expect(Object.keys(rows[1]?.attributes ?? {}).filter((path) => path.startsWith('risk'))).toEqual([]);
});

test('what enrichment added is there to search by, and with its source and time', async () => {
  const enricher = createEnricher({
    providers: createProviders(parseEnrichmentConfig(''), ports),
    now: () => 7,
  });
  await enricher.refresh();
  const value = Buffer.from(
    '{"ts":1700000000,"uid":"C","id.orig_h":"10.0.0.5","id.resp_h":"8.8.8.8","_path":"conn"}',
  );
  const record = { topicId: 't', partition: 0, offset: 0, timestamp: 1_700_000_000_000, headers: {}, value };
  const [batch] = createDecoder({ fields: () => [] }).decode([record]).batches;
  const [row] = toLakeRows(batch!, { rulesOf: () => [], enrichment: enricher.enrich(batch!) });
  expect(row?.attributes).toMatchObject({
    'src_endpoint.is_internal': true,
    'dst_endpoint.is_internal': false,
  });
  const added = JSON.parse(String(row?.attributes['enrichments'])) as { name: string; provider: string }[];
  expect(added).toContainEqual(
    expect.objectContaining({ name: 'src_endpoint.ip', type: 'zone', created_time: expect.any(Number) }),
  );
  await enricher.close();
});

test('the message of an event with escapes has the event’s own texts and nothing that was added', async () => {
  const enricher = createEnricher({
    providers: createProviders(parseEnrichmentConfig(''), ports),
    now: () => 7,
  });
  await enricher.refresh();
  const value = Buffer.from(
    '{"ts":1700000000,"uid":"C","id.orig_h":"10.0.0.5","id.resp_h":"8.8.8.8","service":"caf\\u00e9","_path":"conn"}',
  );
  const record = { topicId: 't', partition: 0, offset: 0, timestamp: 1_700_000_000_000, headers: {}, value };
  const [batch] = createDecoder({ fields: () => [] }).decode([record]).batches;
  const [row] = toLakeRows(batch!, {
    rulesOf: () => [],
    riskOf: () => risk,
    enrichment: enricher.enrich(batch!),
  });
  expect(row?.message).toContain('café');
  expect(row?.message).not.toMatch(/enrichment|created_time|risk/);
  await enricher.close();
});
