import { describe, expect, it, vi } from 'vitest';
import { createBoundedQueue } from './bounded-queue.ts';
import { createSeenSequences } from './seen-sequences.ts';

describe('bounded queue', () => {
  it('gives items in order, to readers that wait and to those that come later', async () => {
    const queue = createBoundedQueue<number>(10);
    const waiting = queue.next();
    for (const item of [1, 2, 3]) queue.push(item);
    queue.end();
    expect(await waiting).toEqual({ done: false, value: 1 });
    const rest: number[] = [];
    for await (const item of queue) rest.push(item);
    expect(rest).toEqual([2, 3]);
  });

  it('never holds more than its capacity', () => {
    const queue = createBoundedQueue<number>(2);
    expect([queue.push(1), queue.push(2), queue.push(3)]).toEqual([true, true, false]);
    expect(queue.size).toBe(2);
  });

  it('ends its reader at once when it is given up, and tells once', async () => {
    const onEnd = vi.fn();
    const queue = createBoundedQueue<number>(2, onEnd);
    queue.push(1);
    await queue.return();
    expect(await queue.next()).toEqual({ done: true, value: undefined });
    expect(queue.push(2)).toBe(false);
    queue.end();
    await queue.return();
    expect(onEnd).toHaveBeenCalledOnce();
  });

  it('wakes a reader that waits when it ends', async () => {
    const queue = createBoundedQueue<number>(1);
    const waiting = queue.next();
    queue.end();
    expect(await waiting).toEqual({ done: true, value: undefined });
  });
});

describe('seen sequences', () => {
  it('knows what it has seen, whatever the order, and what is older than all it remembers', () => {
    const seen = createSeenSequences(3);
    expect([5, 4, 5, 6].map((sequence) => seen.add(sequence))).toEqual([true, true, false, true]);
    expect(seen.add(7)).toBe(true);
    expect([5, 3, 4, 8].map((sequence) => seen.add(sequence))).toEqual([false, false, false, true]);
  });
});
