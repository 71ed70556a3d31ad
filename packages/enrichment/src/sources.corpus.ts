import { describe, expect, test } from 'vitest';
import { createGeoKnowledge } from './geo-knowledge.ts';
import { batchOf } from './testing/batch-of.ts';
import { corpusFile, corpusNames, hasCorpus, whySkipped } from './testing/corpus-files.ts';
import { enricherOf, type TestFiles } from './testing/test-providers.ts';

if (!hasCorpus) console.warn(`Skipped: ${whySkipped}.`);

const geo = (kind: 'location' | 'autonomous_system', file: string, address: string) => {
  const { knowledge } = createGeoKnowledge({
    provider: 'geo',
    kind,
    bytes: corpusFile(`geo/test-data/${file}`),
    modifiedAt: 0,
  });
  return knowledge.answer({ type: 'address', text: address }, 0)[0]?.values;
};

describe.skipIf(!hasCorpus)('data of the corpus', () => {
  test('places and networks of the shapes that databases have', () => {
    expect(geo('location', 'GeoLite2-City-Test.mmdb', '2.125.160.216')).toEqual({
      country: 'GB',
      country_name: 'United Kingdom',
      continent: 'EU',
      region: 'England',
      city: 'Boxford',
      postal_code: 'OX1',
      lat: 51.75,
      long: -1.25,
    });
    expect(geo('location', 'GeoIP2-Country-Test.mmdb', '2001:218::1')).toMatchObject({
      country: 'JP',
      continent: 'AS',
    });
    expect(geo('location', 'GeoLite2-City-Test.mmdb', '10.0.0.1')).toBeUndefined();
    expect(geo('location', 'GeoLite2-ASN-Test.mmdb', '1.128.0.0')).toBeUndefined();
    expect(geo('autonomous_system', 'GeoLite2-ASN-Test.mmdb', '1.128.0.0')).toEqual({
      number: 1221,
      name: 'Telstra Pty Ltd',
    });
    expect(geo('autonomous_system', 'GeoIP2-ISP-Test.mmdb', '1.128.1.1')).toMatchObject({ number: 1221 });
  });

  test.each(corpusNames('geo/test-data').filter((name) => name.endsWith('.mmdb')))(
    '%s as a provider stops nothing',
    async (name) => {
      const files: TestFiles = new Map([['geo.mmdb', corpusFile(`geo/test-data/${name}`)]]);
      const enricher = await enricherOf(
        'providers: [{ name: geo, kind: location, file: geo.mmdb }, { name: as, kind: autonomous_system, file: geo.mmdb }]',
        { files },
      );
      const rows = Array.from({ length: 256 }, (_, octet) => ({
        'src_endpoint.ip': `1.1.1.${octet}`,
        'dst_endpoint.ip': `${octet}.2.125.160`,
      }));
      expect(enricher.enrich(batchOf(rows)).columns.map(({ path }) => path)).toEqual([
        'src_endpoint.ip',
        'dst_endpoint.ip',
      ]);
    },
  );

  test('every warninglist of the corpus is an allow list', async () => {
    for (const name of corpusNames('intel/misp-warninglists/lists')) {
      const files: TestFiles = new Map<string, string | Uint8Array>([
        ['bad.txt', '8.8.8.8\nwww.zkb-oe.at\n'],
        ['list.json', corpusFile(`intel/misp-warninglists/lists/${name}/list.json`)],
      ]);
      const enricher = await enricherOf(
        'providers: [{ name: bad, kind: indicator, file: bad.txt }, { name: good, kind: indicator, file: list.json, allow: true }]',
        { files },
      );
      const [, , good] = enricher.status();
      expect(good, name).toMatchObject({ state: 'ready' });
      const rows = [{ 'query.hostname': 'www.zkb-oe.at' }, { 'dst_endpoint.ip': '8.8.8.8' }];
      const indicators = rows.map(
        (row) =>
          enricher
            .enrich(batchOf([row]))
            .answersAt(0)
            .filter(({ answer }) => answer.kind === 'indicator').length,
      );
      expect(indicators, name).toEqual([name === 'bank-website' ? 0 : 1, name === 'public-dns-v4' ? 0 : 1]);
    }
  });
});
