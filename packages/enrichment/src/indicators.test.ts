import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { domainKey, hashKey, refang, urlKey } from './indicator-key.ts';
import { createIndicatorKnowledge, IndicatorColumns, type IndicatorOptions } from './indicator-knowledge.ts';
import { createIndicatorSet } from './indicator-set.ts';
import type { ValueType } from './question.ts';

const now = Date.parse('2026-06-01T00:00:00Z');

async function load(text: string, options: Partial<IndicatorOptions> = {}) {
  const columns = IndicatorColumns.parse({});
  const knowledge = await createIndicatorKnowledge({
    provider: 'test',
    list: 'test',
    asOf: 1,
    format: 'list',
    columns,
    text,
    ...options,
  });
  const find = (type: ValueType, value: string) =>
    knowledge.answer({ type, text: value }, now)[0]?.values['indicator'];
  const details = (type: ValueType, value: string) => knowledge.answer({ type, text: value }, now)[0]?.values;
  return { knowledge, find, details };
}

const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?$/);
const domain = fc
  .tuple(fc.array(label, { minLength: 1, maxLength: 4 }), fc.stringMatching(/^[a-z]{2,6}$/))
  .map(([labels, top]) => [...labels, top].join('.'));

test('a domain indicator holds for itself and its subdomains, and for no other name', () => {
  fc.assert(
    fc.property(
      fc.array(domain, { minLength: 1, maxLength: 10 }),
      domain,
      fc.array(label, { maxLength: 3 }),
      (listed, other, labels) => {
        const set = createIndicatorSet({ provider: 'test', list: 'test', asOf: 0 });
        for (const one of listed) set.add(one, {}, 'domain');
        const { answer } = set.knowledge(0);
        for (const name of [
          other,
          ...listed.flatMap((one) => [one, [...labels, one].join('.'), `x${one}`, one.slice(1)]),
        ]) {
          const fitting = listed
            .filter((one) => name === one || name.endsWith(`.${one}`))
            .toSorted((a, b) => b.length - a.length);
          if (domainKey(name) === undefined) continue;
          expect(answer({ type: 'domain', text: name.toUpperCase() }, now)[0]?.values['indicator']).toBe(
            fitting[0],
          );
        }
      },
    ),
  );
});

test('a URL in normal form is its own normal form', () => {
  fc.assert(
    fc.property(fc.webUrl({ withQueryParameters: true, withFragments: true }), (url) => {
      const once = urlKey(url);
      expect(urlKey(`https://${once?.key}`)).toEqual(once);
    }),
  );
});

test('no text makes the keys fail', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      domainKey(text);
      urlKey(text);
      urlKey(`http://${text}`);
      hashKey(text);
      refang(text);
    }),
  );
});

test.each([
  ['HTTP://Evil.Example:80/a/../b?q=1#top', 'evil.example/b?q=1'],
  ['https://user:secret@evil.example.', 'evil.example/'],
  ['http://evil.example/%7Euser/%2f', 'evil.example/~user/%2F'],
  ['http://evil.example:8080/?', 'evil.example:8080/'],
  ['http://bücher.example/', 'xn--bcher-kva.example/'],
  ['http://0x7f.1/', '127.0.0.1/'],
  ['ftp://evil.example/x', 'ftp://evil.example/x'],
])('%s is compared as %s', (text, key) => {
  expect(urlKey(text)?.key).toBe(key);
});

test('a list may hold every type, comments, hosts lines, and unclickable spellings', async () => {
  const md5 = 'd41d8cd98f00b204e9800998ecf8427e';
  const text = [
    '# comment',
    '',
    'evil.example # why',
    '0.0.0.0 ads.example',
    '*.wild.example',
    '198.51.100.0/24',
    '2001:db8::/32',
    md5.toUpperCase(),
    'hxxps://bad[.]example/x',
    '203.0.113.9:443',
    'com',
    '203.0.113',
    'not a thing!',
    'nul\0.example',
  ].join('\r\n');
  const { knowledge, find, details } = await load(text, { threat: 'phishing', confidence: 70 });
  expect(knowledge).toMatchObject({ entries: 8, rejected: 4 });
  expect(find('domain', 'www.evil.example')).toBe('evil.example');
  expect(find('domain', 'notevil.example')).toBeUndefined();
  expect(find('domain', 'ads.example')).toBe('ads.example');
  expect(find('domain', 'a.wild.example')).toBe('wild.example');
  expect(find('address', '198.51.100.77')).toBe('198.51.100.0/24');
  expect(find('address', '2001:DB8::1')).toBe('2001:db8::/32');
  expect(find('address', '203.0.113.9')).toBe('203.0.113.9');
  expect(find('hash', md5)).toBe(md5);
  expect(find('hash', md5.replace('d', 'e'))).toBeUndefined();
  expect(find('url', 'http://bad.example/x')).toBe('bad.example/x');
  expect(find('url', 'http://bad.example/y')).toBeUndefined();
  expect(find('url', 'http://www.evil.example/any')).toBe('evil.example');
  expect(find('domain', 'anything.com')).toBeUndefined();
  expect(details('domain', 'evil.example')).toEqual({
    indicator: 'evil.example',
    type: 'domain',
    list: 'test',
    threat: 'phishing',
    confidence: 70,
  });
});

test('CSV with its header in a comment, own column names, and times', async () => {
  const columns = IndicatorColumns.parse({
    indicator: 'ioc',
    type: 'kind',
    confidence: 'score',
    valid_until: 'until',
  });
  const text =
    '# feed\n# "ioc","kind","score","until"\n"Evil.example","hostname","90","2026-07-01 00:00:00"\n"old.example","domain","50","2026-05-01"\n"short"\n';
  const { knowledge, details } = await load(text, { format: 'csv', columns });
  expect(details('domain', 'evil.example')).toMatchObject({
    type: 'hostname',
    confidence: 90,
    valid_until: Date.parse('2026-07-01T00:00:00Z'),
  });
  expect(details('domain', 'a.evil.example')).toBeUndefined();
  expect(details('domain', 'old.example')).toBeUndefined();
  expect(knowledge).toMatchObject({ entries: 2, rejected: 1 });
  expect(knowledge.nextChange?.(now)).toBe(Date.parse('2026-07-01T00:00:00Z'));
});

const indicator = (pattern: string, more: object = {}) => ({
  type: 'indicator',
  pattern_type: 'stix',
  pattern,
  valid_from: '2026-01-01T00:00:00Z',
  name: 'Botnet',
  ...more,
});

test('a STIX bundle gives the indicators of the patterns that can be asked of one value', async () => {
  const sha256 = 'a'.repeat(64);
  const bundle = {
    type: 'bundle',
    objects: [
      { type: 'malware', name: 'x' },
      indicator("[ipv4-addr:value = '198.51.100.1']", {
        confidence: 85,
        valid_until: '2026-12-31T00:00:00Z',
      }),
      indicator("[ipv4-addr:value ISSUBSET '203.0.113.0/24' OR ipv6-addr:value = '2001:db8::5']"),
      indicator(`[file:hashes.'SHA-256' = '${sha256}' AND file:hashes.MD5 = '${'b'.repeat(32)}']`),
      indicator(
        "[domain-name:value IN ('one.example', 'two.example')] OR [url:value = 'http://x.example/it\\'s']",
      ),
      indicator("[domain-name:value = 'a.example' AND url:value = 'http://b.example/']"),
      indicator("[domain-name:value = 'c.example'] FOLLOWEDBY [domain-name:value = 'd.example']"),
      indicator("[process:name = 'x']"),
      indicator("[domain-name:value = 'gone.example']", { revoked: true }),
      indicator("[domain-name:value = 'later.example']", { valid_from: '2027-01-01T00:00:00Z' }),
      indicator('title: x', { pattern_type: 'sigma' }),
    ],
  };
  const { knowledge, find, details } = await load(JSON.stringify(bundle), { format: 'stix' });
  expect(details('address', '198.51.100.1')).toEqual({
    indicator: '198.51.100.1',
    type: 'address',
    list: 'test',
    threat: 'Botnet',
    confidence: 85,
    valid_until: Date.parse('2026-12-31T00:00:00Z'),
  });
  expect(find('address', '203.0.113.200')).toBe('203.0.113.0/24');
  expect(find('address', '2001:db8::5')).toBe('2001:db8::5');
  expect(find('hash', sha256)).toBe(sha256);
  expect(find('hash', 'B'.repeat(32))).toBe('b'.repeat(32));
  expect(find('domain', 'x.two.example')).toBe('two.example');
  expect(find('url', "http://x.example/it's")).toBe("x.example/it's");
  for (const name of ['a.example', 'c.example', 'd.example', 'gone.example', 'later.example'])
    expect(find('domain', name)).toBeUndefined();
  expect(knowledge.rejected).toBe(4);
});

test('no pattern makes the STIX reader fail or hang', async () => {
  const piece = fc.constantFrom(
    '[',
    ']',
    '(',
    ')',
    "'",
    '\\',
    ' ',
    'OR',
    'AND',
    'domain-name:value',
    '=',
    'IN',
    "'a.example'",
    ',',
    "('a'",
    'file:hashes.MD5',
  );
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 60 }), async (pieces) => {
      const bundle = {
        type: 'bundle',
        objects: [indicator("[domain-name:value = 'z.example']"), indicator(pieces.join(''))],
      };
      expect((await load(JSON.stringify(bundle), { format: 'stix' })).find('domain', 'z.example')).toBe(
        'z.example',
      );
    }),
  );
  const listed = indicator("[domain-name:value = 'z.example']");
  for (const repeated of ["'a.example', ", "'a.example'   ", '   ', "\\'"]) {
    const long = indicator(`[domain-name:value IN (${repeated.repeat(4_000)}`);
    await load(JSON.stringify({ type: 'bundle', objects: [listed, long] }), { format: 'stix' });
  }
});

describe('files that are not what they should be', () => {
  test.each([
    ['stix', '{}', 'The file is no STIX bundle: it has no objects.'],
    ['stix', '{', /^The file is no JSON: /],
    ['misp-warninglist', '[]', 'The file is no MISP warninglist: it has no list.'],
    ['misp-warninglist', '{"type":"regex","list":["a+"]}', /regex are not supported/],
    ['list', '\0\0\n!!\n', 'None of the 2 entries of the file is an indicator; is its format really list?'],
    ['csv', 'a,b\n1,2\n', /^None of the 1 entries/],
    ['json', '{"a":1}', 'The file has to be a list of records.'],
    ['yaml', `${'['.repeat(100_000)}`, /^The file is no YAML that can be read/],
    ['list', 'x'.repeat(10_000_000), undefined],
  ] as const)('%s %#', async (format, text, message) => {
    const loading = load(text, { format });
    if (message === undefined) expect((await loading).knowledge.entries).toBe(0);
    else await expect(loading).rejects.toThrow(message);
  });
});
