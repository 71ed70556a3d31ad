import { parseRules } from '@parapet/sigma';
import { describe, expect, it } from 'vitest';
import type { HuntSetup } from './hunt-messages.ts';
import { createWorkerPool } from './worker-pool.ts';

const { rules, filters } = parseRules(`title: A rule
id: 11111111-1111-4111-8111-111111111111
logsource: { product: windows }
detection: { selection: { EventID: 4625 }, condition: selection }
---
title: Refused
id: 22222222-2222-4222-8222-222222222222
status: unsupported
logsource: { product: windows }
detection: { selection: { EventID: 4625 }, condition: selection }
`);
const setup: HuntSetup = {
  rules,
  filters,
  placeholders: {},
  minLevel: 'informational',
  source: undefined,
  from: undefined,
  to: undefined,
  details: false,
  rejected: true,
};
const task = (text: string) => ({
  bytes: Buffer.from(new TextEncoder().encode(text).buffer),
  place: 'line' as const,
  first: 10,
  limit: Number.POSITIVE_INFINITY,
});
const failedLogon = JSON.stringify({
  Channel: 'Security',
  SourceName: 'Microsoft-Windows-Security-Auditing',
  EventID: 4625,
  TimeCreated: '2020-05-01T10:00:00Z',
});

describe('a pool of workers', () => {
  it('tells which rules are used, and answers each task with what it holds', async () => {
    const pool = createWorkerPool(2, setup);
    try {
      const texts = Array.from({ length: 20 }, (_, index) => `${'\n'.repeat(index)}${failedLogon}\nbad\n`);
      const answers = await Promise.all(
        texts.map(async (text) => {
          const { result } = await pool.run(task(text));
          return result;
        }),
      );
      const ready = await pool.ready;
      expect(ready.used).toEqual([true, false]);
      expect(ready.errors).toMatchObject([{ code: 'unsupported_status' }]);
      for (const [index, { events, matches, rejected, reasons, firstTime }] of answers.entries()) {
        expect(events).toBe(1);
        expect([...matches]).toEqual([10 + index, 1, 0]);
        expect(rejected).toMatchObject([{ position: 11 + index, text: 'bad' }]);
        expect(reasons).toEqual([['invalid_json', 1]]);
        expect(firstTime).toBe(Date.UTC(2020, 4, 1, 10));
      }
    } finally {
      await pool.close();
    }
  });

  it('says so when a worker cannot do its work', async () => {
    const pool = createWorkerPool(1, { ...setup, rules: [{ level: 'high' } as never] });
    await expect(pool.ready).rejects.toThrow('A worker stopped: ');
    await expect(pool.run(task('{}'))).rejects.toThrow('A worker stopped: ');
    await pool.close();
  });
});
