import { topics } from '@parapet/event-model';
import { createLogger } from '@parapet/service';
import { expect, test } from 'vitest';
import { pruneDeadLetters } from './prune-dead-letters.ts';

const log = createLogger({ service: 'test', level: 'silent' });
const now = () => Date.parse('2026-03-31T00:00:00Z');

test('dead letters go when their topic forgets them, as long as there are any', async () => {
  const stop = new AbortController();
  const asked: Date[] = [];
  const left = [5000, 12, 0];
  await pruneDeadLetters(
    {
      async prune(before) {
        asked.push(before);
        if (left.length === 1) stop.abort();
        return left.shift() ?? 0;
      },
    },
    { now, signal: stop.signal, log },
  );
  expect(asked).toEqual(Array(3).fill(new Date(now() - topics.deadLetters.retentionMs)));
});

test('a failure ends the round and not the process', async () => {
  const stop = new AbortController();
  let asked = 0;
  await pruneDeadLetters(
    {
      prune() {
        asked += 1;
        stop.abort();
        return Promise.reject(new Error('the database is away'));
      },
    },
    { now, signal: stop.signal, log },
  );
  expect(asked).toBe(1);
});
