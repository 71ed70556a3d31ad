import type { FieldValue } from '@parapet/event-model';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Enricher } from './enrichment.ts';
import { batchOf, type TestDictionary, type TestRows } from './testing/batch-of.ts';
import { createTestLog, enricherOf, type TestFiles } from './testing/test-providers.ts';

const config = `
providers:
  - { name: inventory, kind: asset, file: assets.csv }
  - { name: staff, kind: user, file: users.csv }
  - { name: bad, kind: indicator, file: bad.txt, confidence: 80 }
  - { name: good, kind: indicator, file: good.txt, allow: true }
  - { name: networks, kind: zone, zones: { dmz: { networks: [10.9.0.0/16] }, partner: { networks: [10.9.8.0/24], internal: false } } }
`;
const filesOf = (): TestFiles =>
  new Map([
    [
      'assets.csv',
      'name,host,address,account,criticality,owner\nweb,web01.example.com,10.1.0.0/24,,high,shop\ndb,,10.1.0.7;2001:db8::7,,critical,payments\ncloud,,,123456789012,low,infra\n',
    ],
    ['users.csv', 'name,domain,privileged\nalice,CORP,true\nalice,LAB,false\nroot,,yes\n'],
    ['bad.txt', 'evil.example\n203.0.113.0/24\n198.51.100.9\nhttp://ok.example/malware?a=1\n'],
    ['good.txt', '203.0.113.53\n'],
  ]);

const kindsAt = (enricher: Enricher, rows: TestRows): readonly string[][] => {
  const enrichment = enricher.enrich(batchOf(rows));
  return rows.map((_, row) =>
    enrichment
      .answersAt(row)
      .map(({ path, answer }) => `${path} ${answer.provider} ${Object.values(answer.values)[0]}`),
  );
};

test('each attribute is asked as what it is, and all that is known of a value comes together', async () => {
  const enricher = await enricherOf(config, { files: filesOf() });
  expect(
    kindsAt(enricher, [
      { 'src_endpoint.ip': '10.1.0.7', 'dst_endpoint.ip': '203.0.113.5' },
      { 'src_endpoint.ip': '10.1.0.8', 'dst_endpoint.ip': '203.0.113.53' },
      { 'src_endpoint.ip': '10.9.8.1', 'query.hostname': 'a.evil.example' },
      { 'device.hostname': 'WEB01', 'cloud.account.uid': '123456789012' },
      { 'http_request.url.url_string': 'https://OK.example/malware?a=1#x', 'user.name': 'Root' },
      { 'query.hostname': 'notevil.example' },
    ]),
  ).toEqual([
    [
      'src_endpoint.ip networks private',
      'src_endpoint.ip inventory db',
      'dst_endpoint.ip networks documentation',
      'dst_endpoint.ip bad 203.0.113.0/24',
    ],
    [
      'src_endpoint.ip networks private',
      'src_endpoint.ip inventory web',
      'dst_endpoint.ip networks documentation',
    ],
    ['src_endpoint.ip networks partner', 'query.hostname bad evil.example'],
    ['device.hostname inventory web', 'cloud.account.uid inventory cloud'],
    ['http_request.url.url_string bad ok.example/malware?a=1', 'user.name staff true'],
    [],
  ]);
});

test('a value is asked about once, however many events have it', async () => {
  const enricher = await enricherOf(config, { files: filesOf() });
  const dictionaries = new Map<string, TestDictionary>();
  const rows = Array.from({ length: 500 }, (_, row) => ({
    'src_endpoint.ip': `10.1.0.${row % 3}`,
    'query.hostname': 'x.example',
  }));
  enricher.enrich(batchOf(rows, dictionaries));
  enricher.enrich(batchOf([...rows, { 'src_endpoint.ip': '10.1.0.200' }], dictionaries));
  expect(dictionaries.get('src_endpoint.ip')?.asked).toEqual([1, 2, 3, 4]);
  expect(dictionaries.get('query.hostname')?.asked).toEqual([1]);
});

test('a column in which nothing is known is left out, and code 0 means nothing', async () => {
  const enricher = await enricherOf(config, { files: filesOf() });
  const { columns } = enricher.enrich(
    batchOf([{ 'query.hostname': 'x.example' }, { 'src_endpoint.ip': '10.1.0.7' }]),
  );
  expect(columns.map(({ path }) => path)).toEqual(['src_endpoint.ip']);
  expect(columns[0]?.codes[0]).toBe(0);
  expect(columns[0]?.known[0]).toEqual([]);
});

test('the same answers are the same list, from batch to batch', async () => {
  const enricher = await enricherOf(config, { files: filesOf() });
  const dictionaries = new Map<string, TestDictionary>();
  const listAt = (address: string) => {
    const [column] = enricher.enrich(batchOf([{ 'src_endpoint.ip': address }], dictionaries)).columns;
    return column?.known[column.codes[0] ?? 0];
  };
  expect(listAt('10.1.0.9')).toBe(listAt('10.1.0.10'));
  expect(listAt('10.1.0.9')).not.toBe(listAt('10.1.0.7'));
});

test('a user is told apart by the domain beside the name', async () => {
  const enricher = await enricherOf(config, { files: filesOf() });
  const user = (name: string, domain?: string) => ({ 'actor.user.name': name, 'actor.user.domain': domain });
  expect(
    kindsAt(enricher, [
      user('alice', 'CORP'),
      user('ALICE', 'lab.example.com'),
      user('alice'),
      user('alice', 'OTHER'),
      user('lab\\alice', 'CORP'),
      user('root', 'CORP'),
    ]),
  ).toEqual([
    ['actor.user.name staff true'],
    ['actor.user.name staff false'],
    [],
    [],
    ['actor.user.name staff false'],
    ['actor.user.name staff true'],
  ]);
});

test('new data takes over for values that were asked before, and enrichments given out stay as they were', async () => {
  const files = filesOf();
  let time = 1_000;
  const enricher = await enricherOf(config, { files, now: () => time });
  const dictionaries = new Map<string, TestDictionary>();
  const batch = batchOf(
    [{ 'query.hostname': 'a.evil.example' }, { 'query.hostname': 'b.worse.example' }],
    dictionaries,
  );
  const before = enricher.enrich(batch);
  files.set('bad.txt', 'worse.example\n');
  time += 60_000;
  await enricher.refresh();
  const after = enricher.enrich(batch);
  const named = (enrichment: typeof before) =>
    [0, 1].map((row) => enrichment.answersAt(row).map(({ answer }) => answer.values['indicator']));
  expect(named(before)).toEqual([['evil.example'], []]);
  expect(named(after)).toEqual([[], ['worse.example']]);
  expect(after.answersAt(1)[0]?.answer.asOf).toBe(61_000);
});

test('a broken new file keeps the last good data, says so once, and is tried again later and later', async () => {
  const files = filesOf();
  const log = createTestLog();
  let time = 1_000;
  const enricher = await enricherOf(config, { files, log, now: () => time });
  const state = () => enricher.status().find(({ provider }) => provider === 'inventory');
  expect(state()).toMatchObject({ state: 'ready', entries: 3, errors: 0, problem: undefined });
  files.set('assets.csv', 'nothing\nof\nuse\n');
  for (let second = 0; second < 200; second += 1) {
    time += 1_000;
    await enricher.refresh();
  }
  expect(state()).toMatchObject({ state: 'stale', entries: 3, asOf: 1_000 });
  expect(state()?.problem).toMatch(/^No row names an asset/);
  expect(state()?.errors).toBeGreaterThan(5);
  expect(state()?.errors).toBeLessThan(15);
  expect(log.warnings).toHaveLength(1);
  expect(kindsAt(enricher, [{ 'src_endpoint.ip': '10.1.0.7' }])[0]).toContain('src_endpoint.ip inventory db');
  files.set('assets.csv', 'address,name\n10.1.0.7,new\n');
  time += 31_000;
  await enricher.refresh();
  expect(state()).toMatchObject({ state: 'ready', entries: 1, problem: undefined });
  expect(kindsAt(enricher, [{ 'src_endpoint.ip': '10.1.0.7' }])[0]).toContain(
    'src_endpoint.ip inventory new',
  );
});

test('a file that is missing leaves its provider without data and all others at work', async () => {
  const files = filesOf();
  files.delete('bad.txt');
  const enricher = await enricherOf(config, { files });
  expect(enricher.status().find(({ provider }) => provider === 'bad')).toMatchObject({
    state: 'failed',
    problem: 'bad.txt cannot be read (ENOENT).',
  });
  expect(kindsAt(enricher, [{ 'device.hostname': 'web01', 'query.hostname': 'evil.example' }])).toEqual([
    ['device.hostname inventory web'],
  ]);
});

test('a good host excuses what lists say of the host, and not what they say of one of its pages', async () => {
  const files: TestFiles = new Map([
    ['bad.txt', 'code.example\nhttps://code.example/evil/tool.exe\nhttps://code.example/fine\n'],
    ['good.txt', 'code.example\nhttps://code.example/fine\n'],
  ]);
  const lists =
    'providers: [{ name: bad, kind: indicator, file: bad.txt }, { name: good, kind: indicator, file: good.txt, allow: true }]';
  const enricher = await enricherOf(lists, { files });
  const url = (text: string) => ({ 'http_request.url.url_string': text });
  expect(
    kindsAt(enricher, [
      { 'query.hostname': 'code.example' },
      url('https://code.example/other'),
      url('https://code.example/evil/tool.exe'),
      url('https://code.example/fine'),
    ]),
  ).toEqual([[], [], ['http_request.url.url_string bad code.example/evil/tool.exe'], []]);
});

test('an indicator that expires stops answering for values that were asked before', async () => {
  let time = Date.parse('2026-01-01T00:00:00Z');
  const files: TestFiles = new Map([
    ['bad.csv', 'indicator,valid_until\nevil.example,2026-01-01T01:00:00Z\n'],
  ]);
  const enricher = await enricherOf('providers: [{ name: bad, kind: indicator, file: bad.csv }]', {
    files,
    now: () => time,
  });
  const batch = batchOf([{ 'query.hostname': 'evil.example' }]);
  expect(enricher.enrich(batch).columns).toHaveLength(1);
  time += 3_600_000;
  expect(enricher.enrich(batch).columns).toHaveLength(0);
});

const addresses = [
  '10.1.0.7',
  '10.1.0.8',
  '10.9.8.7',
  '203.0.113.5',
  '203.0.113.53',
  '198.51.100.9',
  '2001:db8::7',
  'no address',
];
const value = (...texts: string[]): fc.Arbitrary<FieldValue | undefined> =>
  fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...texts) },
    fc.constant(undefined),
    fc.constant(true),
    fc.array(fc.constantFrom(...texts), { maxLength: 3 }),
    fc.string(),
  );
const row = fc.record({
  'src_endpoint.ip': value(...addresses),
  'dst_endpoint.ip': value(...addresses),
  'device.hostname': value('web01', 'WEB01.example.com', 'db'),
  'query.hostname': value('evil.example', 'a.evil.example', 'notevil.example', '198.51.100.9'),
  'user.name': value('alice', 'root', 'CORP\\alice'),
  'user.domain': value('CORP', 'LAB', '-'),
});

test('asking by columns gives what asking for each event alone gives', async () => {
  const shared = await enricherOf(config, { files: filesOf() });
  const dictionaries = new Map<string, TestDictionary>();
  await fc.assert(
    fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 30 }), async (rows) => {
      const alone = await enricherOf(config, { files: filesOf() });
      const together = shared.enrich(batchOf(rows, dictionaries));
      rows.forEach((one, at) => {
        expect(together.answersAt(at)).toEqual(alone.enrich(batchOf([one])).answersAt(0));
      });
    }),
    { numRuns: 60 },
  );
});
