import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { generateCapture, intrusions } from './generate-capture.ts';
import { createRandom } from './random.ts';

const end = Date.UTC(2026, 0, 15, 10);
const digest = (seed: number) => {
  const hash = createHash('sha256');
  for (const { value } of generateCapture({ seed, events: 2000, end })) hash.update(value).update('\n');
  return hash.digest('hex');
};

describe('the bundled capture', () => {
  it('is the same to the byte for a seed, and another for another seed', () => {
    expect(digest(7)).toBe(digest(7));
    expect(digest(7)).not.toBe(digest(8));
  });

  it('is one hour in order of time, with every step of every intrusion', () => {
    const capture = generateCapture({ seed: 7, events: 2000, end });
    const times = capture.map(({ time }) => time);
    expect(times).toEqual(times.toSorted((one, other) => one - other));
    expect(times[0]).toBeGreaterThanOrEqual(end - 3_600_000);
    expect(times.at(-1)).toBeLessThanOrEqual(end);
    const steps = new Set(capture.flatMap(({ step }) => (step ? [step.step] : [])));
    expect(steps.size).toBe(intrusions.reduce((sum, intrusion) => sum + intrusion.steps.length, 0));
    expect(intrusions).toHaveLength(3);
  });

  it('has no line break in a record, so that it can be written as lines', () => {
    expect(generateCapture({ seed: 7, events: 500, end }).some(({ value }) => value.includes(0x0a))).toBe(
      false,
    );
  });
});

describe('seeded chance', () => {
  it('chooses by weight', () => {
    const random = createRandom(1);
    const counts = { a: 0, b: 0 };
    for (let round = 0; round < 10_000; round++) {
      counts[
        random.weighted<'a' | 'b'>([
          [9, 'a'],
          [1, 'b'],
        ])
      ]++;
    }
    expect(counts.a).toBeGreaterThan(8700);
    expect(counts.a).toBeLessThan(9300);
  });

  it('makes ids of the right form and refuses to pick from nothing', () => {
    const random = createRandom(1);
    expect(random.uuid()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(() => random.pick([])).toThrow(RangeError);
  });
});
