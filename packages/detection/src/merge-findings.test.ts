import type { Finding } from '@parapet/event-model';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { mergeFindings } from './merge-findings.ts';

type Matches = Finding['matches'];

const aFinding = (fingerprint: string, matches: Matches, riskScore: number): Finding => ({
  schema: 1,
  fingerprint,
  rule: { id: 'r', title: 'R', level: 'high', references: [], tags: [], falsePositives: [] },
  entities: {},
  topicId: 't',
  partition: 0,
  firstSeen: Math.min(...matches.map(([, , time]) => time)),
  lastSeen: Math.max(...matches.map(([, , time]) => time)),
  receivedAt: matches[0]?.[0] ?? 0,
  matches,
  evidence: matches.slice(0, 10).map(([offset, , time]) => ({
    id: `e${offset}`,
    time,
    source: 's',
    origin: { topicId: 't', partition: 0, offset, line: 0 },
    entities: {},
    raw: '{}',
    rawTruncated: false,
  })),
  riskScore,
  riskContributions: [],
});

const matches = fc
  .uniqueArray(fc.tuple(fc.nat(40), fc.integer({ min: 1, max: 3 }), fc.nat(1000)), {
    minLength: 1,
    maxLength: 15,
    selector: ([offset]) => offset,
  })
  .map((all): Matches => all.sort(([a], [b]) => a - b));
const findings = fc.array(
  fc.tuple(fc.constantFrom('a', 'b', 'c'), matches, fc.nat(100)).map((parts) => aFinding(...parts)),
  { maxLength: 6 },
);

test('whoever counts only what is later than what was counted has every match, once', () => {
  fc.assert(
    fc.property(findings, (all) => {
      const counted = new Map<string, { last: number; count: number }>();
      for (const { fingerprint, matches: own } of mergeFindings(all)) {
        const one = counted.get(fingerprint) ?? { last: -1, count: 0 };
        for (const [offset, events] of own.filter(([at]) => at > one.last)) {
          one.count += events;
          one.last = offset;
        }
        counted.set(fingerprint, one);
      }
      const expected = Object.groupBy(all, ({ fingerprint }) => fingerprint);
      for (const [fingerprint, same = []] of Object.entries(expected))
        expect(counted.get(fingerprint)?.count).toBe(
          same.flatMap((one) => one.matches).reduce((sum, [, events]) => sum + events, 0),
        );
      expect(counted.size).toBe(Object.keys(expected).length);
    }),
  );
});

test('of several one is made, with the times, the first evidence and the risk of all', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(matches, fc.nat(100)), { minLength: 2, maxLength: 4 }), (parts) => {
      const all = parts.map(([own, risk]) => aFinding('a', own, risk));
      const [one, ...others] = mergeFindings(all);
      expect(others).toEqual([]);
      expect(one?.firstSeen).toBe(Math.min(...all.map(({ firstSeen }) => firstSeen)));
      expect(one?.lastSeen).toBe(Math.max(...all.map(({ lastSeen }) => lastSeen)));
      expect(one?.riskScore).toBe(Math.max(...parts.map(([, risk]) => risk)));
      const offsets = all.flatMap(({ evidence }) => evidence.map(({ origin }) => origin.offset));
      expect(one?.evidence.map(({ origin }) => origin.offset)).toEqual(
        offsets.sort((a, b) => a - b).slice(0, 10),
      );
    }),
  );
});

test('more records than a finding holds are several, rising, each with evidence', () => {
  const of = (first: number): Finding =>
    aFinding(
      'a',
      Array.from({ length: 10_000 }, (_, index) => [first + 2 * index, 1, index] as const).map(
        ([offset, events, time]): [number, number, number] => [offset, events, time],
      ),
      0,
    );
  const merged = mergeFindings([of(0), of(1)]);
  expect(merged.map((one) => [one.matches.length, one.matches[0]?.[0]])).toEqual([
    [10_000, 0],
    [10_000, 10_000],
  ]);
  for (const { evidence } of merged) expect(evidence.length).toBeGreaterThan(0);
});
