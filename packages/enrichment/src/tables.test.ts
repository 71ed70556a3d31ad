import { normalizeAddress } from '@parapet/event-model';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type AddressWords,
  formatNetwork,
  maskWords,
  type Network,
  parseAddress,
  parseNetwork,
} from './address.ts';
import { createPrefixTable } from './prefix-table.ts';
import { createTextTable } from './text-table.ts';
import { createWordTable } from './word-table.ts';

const word = fc.oneof(
  fc.constantFrom(0, 1, 0xffff_ffff, 0x8000_0000, 0x0a00_0000),
  fc.nat({ max: 0xffff_ffff }),
);
const address: fc.Arbitrary<AddressWords> = fc.oneof(
  fc.tuple(word),
  fc.tuple(fc.constantFrom(0x2001_0db8, 0xfe80_0000), word, word, word),
);
const network: fc.Arbitrary<Network> = fc
  .tuple(address, fc.nat({ max: 128 }))
  .map(([words, any]) => ({ length: any % (words.length * 32 + 1), words }))
  .map(({ words, length }) => ({ words: maskWords(words, length), length }));

test('the longest prefix that holds an address decides, as a walk over all networks finds it', () => {
  fc.assert(
    fc.property(
      fc.array(network, { maxLength: 40 }),
      fc.array(address, { maxLength: 20 }),
      (networks, asked) => {
        const table = createPrefixTable();
        networks.forEach((one, index) => {
          table.set(one, index + 1);
        });
        for (const one of [...asked, ...networks.map(({ words }) => words)]) {
          let best: { value: number; length: number } | undefined;
          networks.forEach(({ words, length }, index) => {
            if (words.length !== one.length || String(maskWords(one, length)) !== String(words)) return;
            if (best === undefined || length >= best.length) best = { value: index + 1, length };
          });
          expect(table.find(one)).toEqual(best);
        }
      },
    ),
  );
});

test('a network is read back from its own spelling', () => {
  fc.assert(
    fc.property(network, ({ words, length }) => {
      expect(parseNetwork(formatNetwork(words, length))).toEqual({ words, length });
    }),
  );
});

test.each([
  ['10.1.2.3/8', '10.0.0.0/8'],
  ['192.0.2.1', '192.0.2.1'],
  ['2001:DB8::1/32', '2001:db8::/32'],
  ['::ffff:10.0.0.0/104', '10.0.0.0/8'],
  ['[2001:db8::1]:443', '2001:db8::1'],
  ['0.0.0.0/0', '0.0.0.0/0'],
  ['::/0', '::/0'],
])('%s is the network %s', (text, expected) => {
  const found = parseNetwork(text);
  expect(found && formatNetwork(found.words, found.length)).toBe(expected);
});

test.each([
  '',
  '/',
  '10.0.0.0/33',
  '10.0.0.0/-1',
  '10.0.0.0/',
  '10.0.0/8',
  '::/129',
  '::ffff:10.0.0.0/90',
  '01.2.3.4',
  'x/8',
  '1.2.3.4/8/8',
])('%j is no network', (text) => {
  expect(parseNetwork(text)).toBeUndefined();
});

test('no text makes the address parser fail, and it takes what the event model takes', () => {
  const text = fc.oneof(fc.string(), fc.ipV4(), fc.ipV6(), fc.stringMatching(/^[ 0-9a-f.:/%[\]]{0,50}$/));
  const decorated = fc.tuple(
    fc.constantFrom('', ' ', '['),
    text,
    fc.constantFrom('', ' ', ']', ':80', ']:80', '%eth0'),
  );
  fc.assert(
    fc.property(
      fc.oneof(
        text,
        decorated.map((parts) => parts.join('')),
      ),
      (one) => {
        parseNetwork(one);
        const words = parseAddress(one);
        expect(words && formatNetwork(words, words.length * 32)).toBe(normalizeAddress(one));
      },
    ),
    { numRuns: 1_000 },
  );
});

test('tables of words and of texts remember what a map remembers', () => {
  const texts = fc.array(
    fc.tuple(
      fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('a', 'b', '')),
      fc.integer({ min: 1, max: 0xffff_ffff }),
    ),
  );
  fc.assert(
    fc.property(
      texts,
      fc.array(fc.tuple(fc.tuple(word, word, word), fc.integer({ min: 1, max: 9 }))),
      (pairs, keys) => {
        const text = createTextTable();
        const known = new Map<string, number>();
        for (const [key, value] of pairs) {
          text.set(key, value);
          known.set(Buffer.from(key).toString('hex'), value);
        }
        expect(text.size).toBe(known.size);
        for (const [key] of pairs) {
          expect(text.get(key)).toBe(known.get(Buffer.from(key).toString('hex')));
          expect(text.get(`${key}x`)).toBe(known.get(Buffer.from(`${key}x`).toString('hex')) ?? 0);
        }
        const words = createWordTable(3);
        const expected = new Map<string, number>();
        for (const [key, value] of keys) {
          words.set(key, value);
          expected.set(String(key), value);
        }
        expect(words.size).toBe(expected.size);
        for (const [key] of keys) expect(words.get(key)).toBe(expected.get(String(key)));
        expect(words.get([7, 7, 7])).toBe(expected.get('7,7,7') ?? 0);
      },
    ),
  );
});
