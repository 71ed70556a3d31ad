import { describe, expect, test } from 'vitest';
import { type AddressWords, type Network, parseAddress, parseNetwork } from './address.ts';
import { openMmdb } from './mmdb.ts';
import { MmdbError } from './mmdb-error.ts';
import { corpusFile, corpusNames, hasCorpus, whySkipped } from './testing/corpus-files.ts';

if (!hasCorpus) console.warn(`Skipped: ${whySkipped}.`);

const databases = corpusNames('geo/test-data').filter((name) => name.endsWith('.mmdb'));
const sources = corpusNames('geo/source-data').filter((name) =>
  databases.includes(name.replace('.json', '.mmdb')),
);

describe.skipIf(!hasCorpus)('databases of the corpus', () => {
  test.each(sources)('%s says of every network what its source says', (name) => {
    const mmdb = openMmdb(corpusFile(`geo/test-data/${name.replace('.json', '.mmdb')}`));
    const entries = (
      JSON.parse(Buffer.from(corpusFile(`geo/source-data/${name}`)).toString()) as Record<string, unknown>[]
    )
      .flatMap((entry) => Object.entries(entry))
      .map(([text, expected]) => ({ text, network: networkOf(text), expected }));
    let checked = 0;
    for (const { text, network } of entries) {
      const truth = entries.findLast((other) => holds(other.network, network));
      const record = mmdb.find(network.words);
      expect(record && mmdb.read(record), text).toEqual(truth?.expected);
      checked += 1;
    }
    expect(checked).toBe(entries.length);
  });

  test.each(databases)('%s answers, misses or says what is broken, for every address asked', (name) => {
    const outcome = { found: 0, missed: 0, broken: 0 };
    try {
      const mmdb = openMmdb(corpusFile(`geo/test-data/${name}`));
      for (const words of addresses()) {
        try {
          const record = mmdb.find(words);
          if (record === undefined) outcome.missed += 1;
          else if (mmdb.read(record) !== undefined) outcome.found += 1;
        } catch (problem) {
          expect(problem).toBeInstanceOf(MmdbError);
          outcome.broken += 1;
        }
      }
    } catch (problem) {
      expect(problem).toBeInstanceOf(MmdbError);
      outcome.broken += 1;
    }
    // The broken node of the search tree lies below no address; only a walk over the whole tree meets it.
    const isBroken = /broken-pointers|Broken|Invalid/.test(name);
    expect(outcome.broken > 0, JSON.stringify(outcome)).toBe(isBroken);
  });

  test('every type of value is decoded', () => {
    const mmdb = openMmdb(corpusFile('geo/test-data/MaxMind-DB-test-decoder.mmdb'));
    const record = mmdb.find(parseAddress('1.1.1.0') ?? [0]);
    expect(record && mmdb.read(record)).toEqual({
      array: [1, 2, 3],
      boolean: true,
      bytes: Uint8Array.from([0, 0, 0, 42]),
      double: 42.123456,
      float: Math.fround(1.1),
      int32: -268435456,
      map: { mapX: { arrayX: [7, 8, 9], utf8_stringX: 'hello' } },
      uint128: '1329227995784915872903807060280344576',
      uint16: 100,
      uint32: 268435456,
      uint64: '1152921504606846976',
      utf8_string: 'unicode! ☯ - ♫',
    });
  });

  test('no byte changed or cut off in a database leads to anything but an answer, a miss or an error that says so', () => {
    const whole = corpusFile('geo/test-data/MaxMind-DB-test-mixed-28.mmdb');
    for (let at = 0; at < whole.length; at += 1) {
      for (const flip of [0x01, 0x80, 0xff]) {
        const bytes = Uint8Array.from(whole);
        bytes[at] = (bytes[at] ?? 0) ^ flip;
        expectCalm(bytes);
      }
      expectCalm(whole.subarray(0, at));
    }
  });
});

function expectCalm(bytes: Uint8Array): void {
  try {
    const mmdb = openMmdb(bytes);
    for (const text of ['1.1.1.1', '1.1.1.32', '::2:0:1', '2001:db8::1']) {
      const record = mmdb.find(parseAddress(text) ?? [0]);
      if (record !== undefined) mmdb.read(record);
    }
  } catch (problem) {
    if (!(problem instanceof MmdbError)) throw problem;
  }
}

/** Each first octet's edges, and addresses that the test databases know. */
function addresses(): readonly AddressWords[] {
  const texts = [
    '81.2.69.160',
    '2.125.160.216',
    '89.160.20.112',
    '2001:218::1',
    '2a02:d300::1',
    '::1.1.1.1',
    '1.1.1.3',
    '2001:220::1',
  ];
  for (let octet = 0; octet < 256; octet += 1)
    texts.push(`${octet}.1.2.3`, `1.1.1.${octet}`, `${octet.toString(16)}01:db8::1`);
  return texts.map((text) => parseAddress(text) ?? [0]);
}

/** The sources write IPv4 as `::1.2.3.0/120` too. */
function networkOf(text: string): Network {
  const network = parseNetwork(
    text.replace(/^::(\d+\.\d+\.\d+\.\d+)\/(\d+)$/, (_, ipv4, bits) =>
      Number(bits) >= 96 ? `${ipv4}/${Number(bits) - 96}` : text,
    ),
  );
  if (network === undefined) throw new Error(`${text} is no network.`);
  return network;
}

function holds(outer: Network, inner: Network): boolean {
  if (
    outer.words.length !== inner.words.length ||
    (outer.length > inner.length && String(outer.words) !== String(inner.words))
  )
    return false;
  return inner.words.every((word, index) => {
    const bits = Math.min(32, Math.max(0, outer.length - 32 * index));
    return bits === 0 || word >>> (32 - bits) === (outer.words[index] ?? 0) >>> (32 - bits);
  });
}
