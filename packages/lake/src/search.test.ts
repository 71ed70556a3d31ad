import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { EventQuery } from './event-query.ts';
import { openLake } from './lake.ts';
import type { LakeRow } from './lake-row.ts';
import { openLakeWriter } from './lake-writer.ts';
import { aRow } from './row-builder.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'parapet-lake-search-'));
});
afterEach(() => rm(dir, { recursive: true }));

/** The same question asked of rows in memory: what the lake's answers are checked against. */
function holds(row: LakeRow, query: EventQuery): boolean {
  const same = (value: string | undefined, wanted: string): boolean =>
    value?.toLowerCase() === wanted.toLowerCase();
  const { since, until, source, host, user, address, text, ruleId, assets, minRiskScore } = query;
  return (
    (since === undefined || row.time >= since) &&
    (until === undefined || row.time < until) &&
    (source === undefined || row.source === source) &&
    (host === undefined ||
      same(row.host, host) ||
      row.host?.toLowerCase().startsWith(`${host.toLowerCase()}.`) === true) &&
    (user === undefined ||
      same(row.user, user) ||
      row.user?.toLowerCase().endsWith(`\\${user.toLowerCase()}`) === true) &&
    (address === undefined || same(row.sourceAddress, address) || same(row.destinationAddress, address)) &&
    (text === undefined ||
      row.message.toLowerCase().includes(text.toLowerCase()) ||
      row.raw.toLowerCase().includes(JSON.stringify(text.toLowerCase()).slice(1, -1))) &&
    (ruleId === undefined || row.rules.includes(ruleId)) &&
    (minRiskScore === undefined || (row.riskScore ?? 0) >= minRiskScore) &&
    (assets === undefined || row.assets.some((asset) => assets.includes(asset)))
  );
}

const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const few = (...values: string[]) => fc.constantFrom(...values);
const texts = few('cmd.exe', '100%', "o'brien", 'a_b', 'C:\\Temp', '"quoted"', 'Grüße', '\\', '%', '_');
const generated = fc.record({
  time: fc.integer({ min: 0, max: 20 }),
  source: few('zeek', 'sysmon'),
  host: maybe(few('ws1', 'WS1.corp', 'ws10')),
  user: maybe(few('alice', 'CORP\\Alice', 'bob')),
  sourceAddress: maybe(few('10.0.0.1', 'fe80::1')),
  destinationAddress: maybe(few('10.0.0.1', '10.0.0.2')),
  message: texts,
  raw: texts.map((text) => JSON.stringify({ text })),
  rules: fc.uniqueArray(few('r1', 'r2')),
  riskScore: maybe(fc.integer({ min: 1, max: 100 })),
  assets: fc.uniqueArray(few('a1', 'a2')),
});
const queries = fc.record(
  {
    since: fc.integer({ min: 0, max: 20 }),
    until: fc.integer({ min: 0, max: 20 }),
    source: few('zeek', 'sysmon', 'none'),
    host: few('WS1', 'ws1.corp', 'ws'),
    user: few('ALICE', 'corp\\alice'),
    address: few('10.0.0.1', 'FE80::1'),
    text: texts,
    ruleId: few('r1', 'r3'),
    minRiskScore: fc.integer({ min: 0, max: 100 }),
    assets: fc.uniqueArray(few('a1', 'a3'), { minLength: 1 }),
  },
  { requiredKeys: [] },
);

it('answers as a filter over the rows would, hot, cold or both', async () => {
  let partition = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(generated, { maxLength: 12 }),
      fc.array(queries, { minLength: 1, maxLength: 6 }),
      fc.nat(12),
      async (parts, asked, compactedUpTo) => {
        partition += 1;
        const own = path.join(dir, String(partition));
        const lake = await openLake({ dir: own });
        try {
          const rows = parts.map((part, offset) => aRow({ ...part, offset }));
          const writer = await openLakeWriter({ dir: own, topicId: 't1', partition: 0 });
          for (const [index, row] of rows.entries()) {
            await writer.append([row]);
            if (index + 1 === compactedUpTo) await lake.compact({ minHotSegments: 1 });
          }
          for (const query of asked) {
            const expected = rows
              .filter((row) => holds(row, query))
              .sort((a, b) => b.time - a.time || (a.id < b.id ? 1 : -1))
              .map(({ id }) => id);
            const { rows: found } = await lake.search(query, { first: 100 });
            expect(found.map(({ id }) => id)).toEqual(expected);
            expect(await lake.count(query)).toBe(expected.length);
          }
        } finally {
          await lake.close();
        }
      },
    ),
    { numRuns: 25 },
  );
}, 60_000);
