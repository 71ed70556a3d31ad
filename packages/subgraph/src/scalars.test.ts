import { parseValue } from 'graphql';
import { expect, test } from 'vitest';
import { DateTime, Json, Long } from './scalars.ts';

test('DateTime refuses what has no zone or is no time', () => {
  for (const text of ['2026-03-01', '2026-03-01T12:00:00', '2026-02-30T99:00:00Z', 'now', 5, null]) {
    expect(() => DateTime.parseValue(text)).toThrow('ISO 8601');
  }
});

test('DateTime serialises dates and epoch milliseconds, and keeps to four-digit years', () => {
  expect(DateTime.serialize(new Date(0))).toBe('1970-01-01T00:00:00.000Z');
  expect(DateTime.serialize(1)).toBe('1970-01-01T00:00:00.001Z');
  expect(DateTime.serialize(8.64e15)).toBe('9999-12-31T23:59:59.999Z');
  expect(() => DateTime.serialize(Number.NaN)).toThrow();
});

test('Long refuses what a double cannot hold exactly, both ways', () => {
  expect(Long.serialize(5n)).toBe(5);
  expect(() => Long.serialize(2n ** 60n)).toThrow();
  expect(() => Long.parseValue(1.5)).toThrow('whole number');
  expect(() => Long.parseValue('12x')).toThrow('whole number');
  expect(Long.parseLiteral(parseValue('42'), {})).toBe(42);
  expect(() => Long.parseLiteral(parseValue('4.2'), {})).toThrow('whole number');
});

test('JSON passes values and refuses deep ones', () => {
  expect(Json.parseLiteral(parseValue('{ a: [1, "b", $v] }'), { v: true })).toEqual({ a: [1, 'b', true] });
  expect(Json.serialize({ a: 1 })).toEqual({ a: 1 });
  let deep: unknown = 1;
  for (let level = 0; level < 40; level++) deep = [deep];
  expect(() => Json.parseValue(deep)).toThrow('32 levels');
});
