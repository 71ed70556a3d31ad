import { describe, expect, it } from 'vitest';
import { createRateLimiter } from './rate-limiter.ts';
import { type ReplayOptions, replay } from './replay.ts';

type Send = ReplayOptions['producer']['send'];

function* records(count: number, bytes = 10) {
  for (let line = 1; line <= count; line++) yield { value: Buffer.alloc(bytes), file: 'a.ndjson', line };
}

describe('replay', () => {
  it('sends every record once, with where it came from', async () => {
    const lines: string[] = [];
    const send: Send = async (topic, messages) => {
      for (const { headers } of messages)
        lines.push(`${topic} ${headers?.['parapet-file']}:${headers?.['parapet-line']}`);
      return [];
    };
    const progress: number[] = [];
    const totals = await replay({
      producer: { send },
      topic: 'raw',
      records: records(4500),
      onProgress: (now) => progress.push(now.records),
    });
    expect(totals).toEqual({ records: 4500, bytes: 45_000 });
    expect(new Set(lines).size).toBe(4500);
    expect(lines[0]).toBe('raw a.ndjson:1');
    expect(progress.at(-1)).toBe(4500);
  });

  it('cuts batches by bytes and waits for acknowledgements, so that memory is bounded', async () => {
    let read = 0;
    const waiting: (() => void)[] = [];
    let sent = 0;
    const asked = Promise.withResolvers<void>();
    const send: Send = async (_, messages) => {
      expect(messages.length).toBeLessThanOrEqual(6);
      await new Promise<void>((resolve) => {
        waiting.push(resolve);
        if (waiting.length === 4) asked.resolve();
      });
      sent += messages.length;
      return [];
    };
    function* large() {
      for (const record of records(100, 100_000)) {
        read++;
        yield record;
      }
    }
    const done = replay({ producer: { send }, topic: 'raw', records: large() });
    await asked.promise;
    // Four batches under way and one in the making.
    expect(read).toBeLessThanOrEqual(31);
    const release = setInterval(() => {
      for (const resolve of waiting.splice(0)) resolve();
    }, 1);
    await done;
    clearInterval(release);
    expect(sent).toBe(100);
  });

  it('fails with the error of the broker', async () => {
    const send: Send = () => Promise.reject(new Error('the topic is full'));
    await expect(replay({ producer: { send }, topic: 'raw', records: records(5000) })).rejects.toThrow(
      'the topic is full',
    );
  });

  it('stops when it is called off', async () => {
    const stopping = new AbortController();
    const send: Send = async () => {
      stopping.abort(new Error('called off'));
      return [];
    };
    await expect(
      replay({ producer: { send }, topic: 'raw', records: records(100_000), signal: stopping.signal }),
    ).rejects.toThrow('called off');
  });
});

describe('rate limiter', () => {
  it('lets everything pass without a rate', async () => {
    await createRateLimiter(undefined).pass(1_000_000);
  });

  it('spreads events over time', async () => {
    const startedAt = performance.now();
    const limiter = createRateLimiter(1000);
    for (let batch = 0; batch < 4; batch++) await limiter.pass(50);
    expect(performance.now() - startedAt).toBeGreaterThan(140);
  });
});
