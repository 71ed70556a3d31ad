import { describe, expect, it } from 'vitest';
import { isStorable, isStorableDocument } from './storable-text.ts';

describe('text that a store takes', () => {
  it.each([['plain'], ['with \u{1f600}'], [12], [null], [['a', { b: 'c' }]]])('%j', (value) => {
    expect(isStorable(value)).toBe(true);
  });

  it.each([['a\0b'], ['half \ud800'], [['a', { b: ['\0'] }]], [{ '\0': 1 }]])('is not %j', (value) => {
    expect(isStorable(value)).toBe(false);
  });

  it.each([
    ['{ asset(id: "a\\u0000") { id } }', false],
    ['{ asset(id: "a\\u{000}") { id } }', false],
    ['{ asset(id: "a\0") { id } }', false],
    ['{ asset(id: "a\\u0041\\u{1F600}") { id } }', true],
  ])('in the document %j: %s', (source, expected) => {
    expect(isStorableDocument(source)).toBe(expected);
  });
});
