import { expect, it } from 'vitest';
import { createSocketCounts } from './socket-counts.ts';

it('bounds sockets in all, by address while they are unknown, and by identity after', () => {
  const counts = createSocketCounts({ maxSockets: 4, maxPendingPerAddress: 2, maxPerSubject: 2 });
  const first = counts.open('a');
  const second = counts.open('a');
  expect(counts.open('a')).toBeUndefined();
  expect(first?.claim('ann')).toBe(true);
  expect(first?.claim('ann')).toBe(false);
  const third = counts.open('a');
  expect(third).toBeDefined();
  expect(second?.claim('ann')).toBe(true);
  expect(third?.claim('ann')).toBe(false);
  expect(counts.open('b')).toBeDefined();
  expect(counts.open('c')).toBeUndefined();
  first?.release();
  first?.release();
  expect(counts.size).toBe(3);
  expect(third?.claim('ann')).toBe(true);
});
