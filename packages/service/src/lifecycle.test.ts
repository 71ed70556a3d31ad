import { Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createLifecycle } from './lifecycle.ts';
import { createLogger } from './logger.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function setUp(deadlineMs = 1000) {
  const lines: { msg: string; level: string }[] = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      lines.push(JSON.parse(String(chunk)));
      done();
    },
  });
  const log = createLogger({ service: 'probe', level: 'debug', stream });
  return { lines, lifecycle: createLifecycle({ log, deadlineMs }) };
}

describe('stopping', () => {
  it('runs the phases in order, and within one the last registered step first', async () => {
    const { lifecycle, lines } = setUp();
    const done: string[] = [];
    for (const name of ['close 1', 'drain 1', 'commit 1', 'intake 1', 'close 2', 'intake 2']) {
      lifecycle.onStop(name.split(' ')[0] as 'close', name, async () => {
        await Promise.resolve();
        done.push(name);
      });
    }
    expect(lifecycle.signal.aborted).toBe(false);
    const code = lifecycle.stop('SIGTERM');
    expect(lifecycle.signal.aborted).toBe(true);
    expect(await code).toBe(0);
    expect(done).toEqual(['intake 2', 'intake 1', 'drain 1', 'commit 1', 'close 2', 'close 1']);
    expect(lines.map((line) => line.msg)).toEqual(['stopping', ...Array(6).fill('stopped')]);
  });

  it('happens once, however often it is asked for', async () => {
    const { lifecycle } = setUp();
    const step = vi.fn();
    lifecycle.onStop('close', 'step', step);
    await Promise.all([lifecycle.stop('SIGTERM'), lifecycle.stop('SIGINT')]);
    expect(step).toHaveBeenCalledTimes(1);
  });

  it('abandons a step at the deadline of its phase, tells it so, and goes on', async () => {
    const { lifecycle, lines } = setUp(1000);
    let deadline: AbortSignal | undefined;
    const after = vi.fn();
    lifecycle.onStop('drain', 'stuck', (signal) => {
      deadline = signal;
      return new Promise(() => {});
    });
    lifecycle.onStop('commit', 'after', after);
    const code = lifecycle.stop('SIGTERM');
    await vi.advanceTimersByTimeAsync(599);
    expect(after).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(await code).toBe(1);
    expect(deadline?.aborted).toBe(true);
    expect(after).toHaveBeenCalledTimes(1);
    expect(lines.find((line) => line.level === 'error')).toMatchObject({
      step: 'stuck',
      phase: 'drain',
      msg: 'abandoned a step of the stop at its deadline',
    });
  });

  it('gives each step behind a stuck one a short time still, so that the whole ends', async () => {
    const { lifecycle } = setUp(1000);
    const stuck = vi.fn(() => new Promise<void>(() => {}));
    for (const name of ['a', 'b', 'c']) lifecycle.onStop('close', name, stuck);
    const code = lifecycle.stop('SIGTERM');
    await vi.advanceTimersByTimeAsync(1000 + 100 + 100);
    expect(await code).toBe(1);
    expect(stuck).toHaveBeenCalledTimes(3);
  });

  it('goes on after a step that fails, and ends with code 1', async () => {
    const { lifecycle } = setUp();
    const after = vi.fn();
    lifecycle.onStop('intake', 'broken', () => {
      throw new Error('broken');
    });
    lifecycle.onStop('close', 'after', after);
    expect(await lifecycle.stop('SIGTERM')).toBe(1);
    expect(after).toHaveBeenCalledTimes(1);
  });

  it('runs what is registered while it is under way, also for a phase that is over', async () => {
    const { lifecycle } = setUp();
    const done: string[] = [];
    lifecycle.onStop('drain', 'first', () => {
      lifecycle.onStop('intake', 'late intake', () => void done.push('late intake'));
      lifecycle.onStop('close', 'late close', () => void done.push('late close'));
    });
    expect(await lifecycle.stop('SIGTERM')).toBe(0);
    expect(done).toEqual(['late intake', 'late close']);
  });

  it('after a fault stops in order with code 1', async () => {
    const { lifecycle, lines } = setUp();
    const step = vi.fn();
    lifecycle.onStop('close', 'step', step);
    const { fail } = lifecycle;
    fail(new Error('the consumer is gone'));
    expect(await lifecycle.stopped).toBe(1);
    expect(step).toHaveBeenCalledTimes(1);
    expect(lines[0]).toMatchObject({ level: 'fatal', err: { message: 'the consumer is gone' } });
  });
});

describe('readiness checks', () => {
  it('names those that fail or take too long, and asks all at the same time', async () => {
    const { lifecycle } = setUp();
    lifecycle.addCheck('good', () => {});
    lifecycle.addCheck('bad', async () => {
      throw new Error('secret detail');
    });
    lifecycle.addCheck('slow', () => new Promise(() => {}));
    const first = lifecycle.failingChecks();
    await vi.advanceTimersByTimeAsync(2000);
    expect(await first).toEqual(['bad', 'slow']);
  });

  it('are asked once for probes that come at the same time', async () => {
    const { lifecycle } = setUp();
    const check = vi.fn();
    lifecycle.addCheck('one', check);
    await Promise.all([lifecycle.failingChecks(), lifecycle.failingChecks()]);
    expect(check).toHaveBeenCalledTimes(1);
    await lifecycle.failingChecks();
    expect(check).toHaveBeenCalledTimes(2);
  });

  it('have names of their own', () => {
    const { lifecycle } = setUp();
    lifecycle.addCheck('one', () => {});
    expect(() => lifecycle.addCheck('one', () => {})).toThrow(
      'There is a readiness check named "one" already.',
    );
  });
});
