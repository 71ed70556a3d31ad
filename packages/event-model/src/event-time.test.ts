import fc from 'fast-check';
import { expect, test } from 'vitest';
import { latestTime, parseEventTime, type TimeFormat } from './event-time.ts';

const at = Date.UTC(2026, 0, 15, 9, 30, 0, 123);

test.each<[string | number, TimeFormat, number]>([
  ['2026-01-15T09:30:00.123Z', 'iso', at],
  ['2026-01-15 09:30:00.123', 'iso', at],
  ['2026-01-15T09:30:00.1234567Z', 'iso', at],
  ['2026-01-15T11:30:00,123+02:00', 'iso', at],
  ['2026-01-15T04:00:00.123-0530', 'iso', at],
  ['2026-01-15 09:30:00.123 UTC', 'iso', at],
  ['2026-01-15', 'iso', Date.UTC(2026, 0, 15)],
  ['/Date(1768469400123)/', 'iso', at],
  [1768469400123, 'iso', at],
  ['1768469400.123', 'iso', at],
  [1768469400.123, 'epoch', at],
  [1768469400, 'epoch', at - 123],
  [1768469400123, 'epoch', at],
  [1768469400123456, 'epoch', at],
  ['1768469400123456789', 'epoch', at],
  ['1768469400123', 'epoch', at],
  ['2026-01-15T09:30:00.123Z', 'epoch', at],
  ['15/Jan/2026:10:30:00 +0100', 'clf', at - 123],
  ['[15/Jan/2026:09:30:00]', 'clf', at - 123],
  ['audit(1768469400.123:4211)', 'audit', at],
  ['msg=audit(1768469400.123:4211):', 'audit', at],
  ['1768469400.123:4211', 'audit', at],
  [1768469400.123, 'audit', at],
])('%s as %s', (value, format, expected) => {
  expect(parseEventTime(value, format)).toBe(expected);
});

test.each<[string | number, TimeFormat]>([
  ['+030000-01-01T00:00:00Z', 'iso'],
  ['30000-01-01T00:00:00Z', 'iso'],
  ['1601-01-01T00:00:00Z', 'iso'],
  ['0001-01-01', 'iso'],
  ['2262-04-12T00:00:00Z', 'iso'],
  [-1, 'epoch'],
  [1e300, 'epoch'],
  ['15/Jan/30000:10:30:00 +0100', 'clf'],
])('%s is a time, but outside what is accepted', (value, format) => {
  expect(parseEventTime(value, format)).toBe('outside');
});

test.each([
  ['yesterday'],
  [''],
  ['-'],
  ['2026-13-01T00:00:00Z'],
  ['2026-01-15T25:00:00Z'],
  [true],
  [null],
  [Number.NaN],
  [Number.POSITIVE_INFINITY],
])('%s is no time', (value) => {
  for (const format of ['iso', 'epoch', 'clf', 'audit'] as const)
    expect(parseEventTime(value, format)).toBeUndefined();
});

test('of a list the first element counts', () => {
  expect(parseEventTime(['2026-01-15T09:30:00.123Z', 'x'], 'iso')).toBe(at);
});

test('every moment in range that JavaScript writes is read back', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: latestTime }), (time) => {
      expect(parseEventTime(new Date(time).toISOString(), 'iso')).toBe(time);
    }),
  );
});

test('whatever the text is, the result is a moment in range, outside, or nothing', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string(), fc.double(), fc.date({ noInvalidDate: false }).map(String)),
      (value) => {
        for (const format of ['iso', 'epoch', 'clf', 'audit'] as const) {
          const time = parseEventTime(value, format);
          if (typeof time === 'number')
            expect(time >= 0 && time <= latestTime && Number.isInteger(time)).toBe(true);
        }
      },
    ),
    { numRuns: 1_000 },
  );
});
