import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createDecoder } from '../decode/create-decoder.ts';
import type { Decoder } from '../decoder.ts';
import { aRecord } from '../testing/a-record.ts';

const path = 'src_endpoint.port';
const digitsOf = (unit: readonly string[], maxLength: number) =>
  fc.string({ unit: fc.constantFrom(...unit), minLength: 1, maxLength });
const decimal = [...'0123456789'];
const port = fc.oneof(
  digitsOf(decimal, 16),
  digitsOf([...decimal, ...'abcdefABCDEF'], 16).map((text) => `0x${text}`),
  digitsOf([...decimal, ...'xX-.e+ gGé"\\\n'], 18),
  fc.constantFrom('', '-', '0x', '0X1f', '12\u00005', '１２', 0, 443, 1e21, -5, true, null),
);
const logonOf = (IpPort: unknown): string =>
  JSON.stringify({ Channel: 'Security', EventID: 4624, IpPort, TargetUserName: 'ann' });
const portsOf = (decoder: Decoder, ports: readonly unknown[]): readonly unknown[] => {
  const [batch] = decoder.decode(ports.map((own, offset) => aRecord(logonOf(own), { offset }))).batches;
  return ports.map((_, row) => batch?.attributeValue(row, path));
};

test('texts mean the same numbers whether they are looked up or noted while they are near', () => {
  const noting = createDecoder({ fields: () => [] });
  // So many ports that hardly come again: they are no longer looked up.
  for (let round = 0; round < 4; round += 1)
    portsOf(
      noting,
      Array.from({ length: 3_000 }, (_, index) => String(round * 3_000 + index)),
    );
  let numbers = 0;
  fc.assert(
    fc.property(fc.array(port, { minLength: 1, maxLength: 30 }), (ports) => {
      const looking = createDecoder({ fields: () => [] });
      const expected = portsOf(looking, ports);
      looking.close();
      expect(portsOf(noting, ports)).toEqual(expected);
      numbers += expected.filter((value) => typeof value === 'number').length;
    }),
    { numRuns: 100 },
  );
  expect(numbers).toBeGreaterThan(200);
});

test('texts are noted in a batch that is larger than what is read at a time', () => {
  const decoder = createDecoder({ fields: () => [] });
  for (let round = 0; round < 4; round += 1) {
    const ports = Array.from({ length: 6_000 }, (_, index) =>
      index % 5 === 0 ? `no port ${index}` : String(round * 6_000 + index),
    );
    expect(portsOf(decoder, ports)).toEqual(
      ports.map((text) => (text.startsWith('no') ? undefined : Number(text))),
    );
  }
});
