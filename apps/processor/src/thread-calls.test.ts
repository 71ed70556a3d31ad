import { MessageChannel } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import { answerThreadCalls, createThreadCaller } from './thread-calls.ts';

let channel: MessageChannel;
afterEach(() => channel.port1.close());

function connect(methods: Parameters<typeof answerThreadCalls>[1]) {
  channel = new MessageChannel();
  answerThreadCalls(channel.port2, methods);
  return createThreadCaller(channel.port1);
}

describe('calls between threads', () => {
  it('give each caller its own answer, whatever the order of the answers', async () => {
    const slow = Promise.withResolvers<string>();
    const caller = connect({ slow: () => slow.promise, double: (n: number) => 2 * n });
    const first = caller.call('slow');
    expect(await Promise.all([caller.call('double', 4), caller.call('double', 5)])).toEqual([8, 10]);
    slow.resolve('done');
    expect(await first).toBe('done');
  });

  it('reject with what was thrown there, and for a method that there is not', async () => {
    const caller = connect({
      break: () => {
        throw new TypeError('broken');
      },
    });
    await expect(caller.call('break')).rejects.toThrow('broken');
    await expect(caller.call('toString')).rejects.toThrow('no method "toString"');
  });

  it('hand an abort over, also one that came before the call', async () => {
    const caller = connect({
      wait: (_: undefined, signal: AbortSignal) =>
        new Promise((resolve) => signal.addEventListener('abort', () => resolve('aborted'))),
    });
    const deadline = new AbortController();
    const waiting = caller.call('wait', undefined, deadline.signal);
    deadline.abort();
    expect(await waiting).toBe('aborted');
    expect(await caller.call('wait', undefined, deadline.signal)).toBe('aborted');
  });

  it('are refused from the moment on that nobody answers', async () => {
    const caller = connect({ never: () => new Promise(() => {}) });
    const waiting = caller.call('never');
    caller.fail(new Error('gone'));
    await expect(waiting).rejects.toThrow('gone');
    await expect(caller.call('never')).rejects.toThrow('gone');
  });
});
