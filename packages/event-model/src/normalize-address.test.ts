import { isIPv6 } from 'node:net';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addressScope, normalizeAddress } from './normalize-address.ts';

test.each([
  ['192.0.2.1', '192.0.2.1'],
  [' 192.0.2.1 ', '192.0.2.1'],
  ['192.0.2.1:443', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['::FFFF:C000:201', '192.0.2.1'],
  ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
  ['[2001:db8::1]:443', '2001:db8::1'],
  ['2001:0db8::0001', '2001:db8::1'],
  ['fe80::1%eth0', 'fe80::1'],
  ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
  ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
  ['::', '::'],
  ['64:ff9b::192.0.2.1', '64:ff9b::c000:201'],
])('%s is written as %s', (text, expected) => {
  expect(normalizeAddress(text)).toBe(expected);
});

test.each([
  '',
  '-',
  'localhost',
  '192.0.2',
  '192.0.2.256',
  '192.0.2.01',
  '1:2:3',
  '::1::',
  'cloudtrail.amazonaws.com',
  '[::1',
])('%s is no address', (text) => {
  expect(normalizeAddress(text)).toBeUndefined();
});

test('writing an address again changes nothing, and every IPv6 address has one spelling', () => {
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
      const address = normalizeAddress(text);
      expect(address).toBeDefined();
      expect(normalizeAddress(address ?? '')).toBe(address);
      if (isIPv6(address ?? '')) expect(normalizeAddress((address ?? '').toUpperCase())).toBe(address);
    }),
  );
});

test.each([
  ['10.1.2.3', 'internal'],
  ['172.16.0.1', 'internal'],
  ['172.32.0.1', 'external'],
  ['192.168.1.1', 'internal'],
  ['100.64.0.1', 'internal'],
  ['fd00::1', 'internal'],
  ['8.8.8.8', 'external'],
  ['2001:db8::1', 'external'],
  ['127.0.0.1', 'special'],
  ['169.254.1.1', 'special'],
  ['224.0.0.251', 'special'],
  ['255.255.255.255', 'special'],
  ['0.0.0.0', 'special'],
  ['::', 'special'],
  ['::1', 'special'],
  ['fe80::1', 'special'],
  ['ff02::fb', 'special'],
])('%s is %s', (address, scope) => {
  expect(addressScope(address)).toBe(scope);
});
