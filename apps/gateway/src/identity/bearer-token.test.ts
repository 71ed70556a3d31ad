import { describe, expect, it } from 'vitest';
import { parseBearer } from './bearer-token.ts';
import { TokenError } from './token-error.ts';

describe('parseBearer', () => {
  it.each([
    ['Bearer abc', 'abc'],
    ['bearer   a.b-c_d~e+f/g=', 'a.b-c_d~e+f/g='],
    [undefined, undefined],
    [null, undefined],
    ['', undefined],
  ])('takes %s', (given, token) => {
    expect(parseBearer(given)).toBe(token);
  });

  it.each<unknown>([
    'abc',
    'Basic abc',
    'Bearer',
    'Bearer a b',
    'Bearer a\nb',
    'Bearer ü',
    7,
    {},
    ['Bearer a'],
    `Bearer ${'x'.repeat(9_000)}`,
  ])('refuses %s', (given) => {
    expect(() => parseBearer(given)).toThrow(TokenError);
  });
});
