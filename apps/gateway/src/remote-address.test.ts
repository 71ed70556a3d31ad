import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { remoteAddressOf } from './remote-address.ts';
import { toRequestId } from './request-id.ts';

const from = (forwarded?: string | string[]) =>
  ({
    socket: { remoteAddress: '10.0.0.1' },
    headers: { 'x-forwarded-for': forwarded },
  }) as unknown as IncomingMessage;

describe('remoteAddressOf', () => {
  it.each<[string | string[] | undefined, number, string]>([
    ['6.6.6.6', 0, '10.0.0.1'],
    ['6.6.6.6, 1.2.3.4', 1, '1.2.3.4'],
    ['6.6.6.6, 1.2.3.4, 10.0.0.9', 2, '1.2.3.4'],
    [['6.6.6.6', '1.2.3.4'], 1, '1.2.3.4'],
    [undefined, 1, '10.0.0.1'],
    ['', 1, '10.0.0.1'],
    ['x'.repeat(100), 1, '10.0.0.1'],
  ])('of %j behind %d proxies is %s', (forwarded, hops, expected) => {
    expect(remoteAddressOf(from(forwarded), hops)).toBe(expected);
  });
});

describe('toRequestId', () => {
  it('keeps a sane id and replaces any other', () => {
    expect(toRequestId('abc-1.2_3')).toBe('abc-1.2_3');
    for (const bad of ['', 'a b', 'x'.repeat(129), 'ü', null, undefined, 7]) {
      expect(toRequestId(bad, () => 'new')).toBe('new');
    }
  });
});
