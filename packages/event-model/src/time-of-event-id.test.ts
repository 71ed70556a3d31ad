import { expect, it } from 'vitest';
import { eventId, timeOfEventId } from './event-id.ts';

it('reads the time back out of an id, and nothing out of anything else', () => {
  const origin = { partition: 3, offset: 12_345, line: 0 };
  for (const time of [1, 1_714_557_600_123, Date.UTC(2262, 0)]) {
    expect(timeOfEventId(eventId(time, '0f1e2d3c', origin))).toBe(time);
  }
  expect(timeOfEventId(eventId(0, '0f1e2d3c', origin))).toBeUndefined();
  expect(timeOfEventId('e1')).toBeUndefined();
});
