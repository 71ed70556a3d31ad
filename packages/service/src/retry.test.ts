import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { raceAbort, withDeadline } from './deadline.ts';
import { retry } from './retry.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const never = new AbortController().signal;

function failing(times: number) {
  const work = vi.fn(async () => {
    if (work.mock.calls.length <= times) throw new Error(`failure ${work.mock.calls.length}`);
    return 'done';
  });
  return work;
}

describe('retry', () => {
  it('pauses longer after each failure, up to the bound', async () => {
    const pauses: number[] = [];
    const result = retry(failing(5), {
      signal: never,
      isRetryable: () => true,
      baseMs: 100,
      maxMs: 500,
      random: () => 1,
      onRetry: (_error, _attempt, ms) => pauses.push(ms),
    });
    await vi.advanceTimersByTimeAsync(100 + 200 + 400 + 500 + 500);
    expect(await result).toBe('done');
    expect(pauses).toEqual([100, 200, 400, 500, 500]);
  });

  it('never pauses less than half of the bound', async () => {
    const pauses: number[] = [];
    const onRetry = (_error: unknown, _attempt: number, ms: number) => pauses.push(ms);
    const result = retry(failing(2), { signal: never, isRetryable: () => true, random: () => 0, onRetry });
    await vi.runAllTimersAsync();
    await result;
    expect(pauses).toEqual([50, 100]);
  });

  it('throws at once what is not worth another attempt', async () => {
    const work = failing(9);
    await expect(retry(work, { signal: never, isRetryable: () => false })).rejects.toThrow('failure 1');
    expect(work).toHaveBeenCalledTimes(1);
  });

  it('throws the last error after the last attempt', async () => {
    const result = retry(failing(9), { signal: never, isRetryable: () => true, attempts: 3 });
    const expected = expect(result).rejects.toThrow('failure 3');
    await vi.runAllTimersAsync();
    await expected;
  });

  it('stops pausing when the signal aborts, and does not begin when it has', async () => {
    const stop = new AbortController();
    const work = failing(9);
    const result = retry(work, { signal: stop.signal, isRetryable: () => true });
    const expected = expect(result).rejects.toThrow('enough');
    await vi.advanceTimersByTimeAsync(10);
    stop.abort(new Error('enough'));
    await expected;
    expect(vi.getTimerCount()).toBe(0);
    const calls = work.mock.calls.length;
    await expect(retry(work, { signal: stop.signal, isRetryable: () => true })).rejects.toThrow('enough');
    expect(work).toHaveBeenCalledTimes(calls);
  });
});

describe('withDeadline', () => {
  it('aborts at the deadline, with a TimeoutError that says how long it was', async () => {
    const signal = withDeadline(undefined, 250);
    await vi.advanceTimersByTimeAsync(249);
    expect(signal.aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(signal.reason).toMatchObject({ name: 'TimeoutError', message: 'Not done within 250 ms.' });
  });

  it('aborts with its parent, and then keeps no timer', () => {
    const parent = new AbortController();
    const signal = withDeadline(parent.signal, 250);
    parent.abort(new Error('stopping'));
    expect(signal.reason).toMatchObject({ message: 'stopping' });
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('raceAbort', () => {
  it('settles as the work does, unless the signal aborts first', async () => {
    expect(await raceAbort(Promise.resolve(1), never)).toBe(1);
    await expect(raceAbort(Promise.reject(new Error('broken')), never)).rejects.toThrow('broken');
    const hanging = raceAbort(new Promise(() => {}), withDeadline(undefined, 5));
    const expected = expect(hanging).rejects.toThrow('Not done within 5 ms.');
    await vi.advanceTimersByTimeAsync(5);
    await expected;
    await expect(raceAbort(new Promise(() => {}), AbortSignal.abort(new Error('late')))).rejects.toThrow(
      'late',
    );
  });
});
