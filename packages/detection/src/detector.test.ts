import { Buffer } from 'node:buffer';
import { createDecoder, type EventBatch, Finding, type RawRecord } from '@parapet/event-model';
import { compileRules, parseRules } from '@parapet/sigma';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createDetector, type Detector } from './detector.ts';

const whoami = `
title: Who Am I
id: 00000000-0000-4000-8000-000000000001
status: stable
description: Somebody asks.
author: Somebody
references: [https://example.com/whoami]
tags: [attack.discovery, attack.t1033]
logsource: { product: windows, category: process_creation }
detection: { selection: { CommandLine|contains: whoami }, condition: selection }
level: high
`;
const anyFailure = `
title: Refused Call
id: 00000000-0000-4000-8000-000000000002
logsource: { product: aws, service: cloudtrail }
detection: { selection: { errorCode: AccessDenied }, condition: selection }
`;
const odd = `
title: Odd Port
id: 00000000-0000-4000-8000-000000000003
logsource: { product: zeek, service: conn }
detection: { selection: { id.resp_p: 4444 }, condition: selection }
`;
const rules = compileRules([whoami, anyFailure, odd].flatMap((text) => parseRules(text).rules));
const timestamp = Date.UTC(2026, 0, 15, 9, 0, 0);

const started = (host: string, commandLine: string, time = '2026-01-15T09:00:00Z'): unknown => ({
  Channel: 'Microsoft-Windows-Sysmon/Operational',
  EventID: 1,
  Hostname: host,
  TimeCreated: time,
  User: 'CORP\\a.meyer',
  Image: 'C:\\Windows\\System32\\cmd.exe',
  CommandLine: commandLine,
});
const refused = (account: string, user: string): unknown => ({
  eventSource: 'iam.amazonaws.com',
  eventName: 'CreateUser',
  awsRegion: 'eu-central-1',
  userIdentity: { userName: user },
  recipientAccountId: account,
  errorCode: 'AccessDenied',
});
const connected = (from: string): unknown => ({
  _path: 'conn',
  ts: 1768467600,
  'id.orig_h': from,
  'id.resp_h': '192.0.2.1',
  'id.resp_p': 4444,
});

function decode(
  events: readonly unknown[],
  overrides: (offset: number) => Partial<RawRecord> = () => ({}),
): readonly EventBatch[] {
  const records = events.map((event, offset): RawRecord => {
    const value = Buffer.from(typeof event === 'string' ? event : JSON.stringify(event));
    return {
      topicId: 'topic',
      partition: 0,
      offset,
      timestamp: timestamp + offset,
      value,
      headers: {},
      ...overrides(offset),
    };
  });
  return createDecoder({ fields: (logSources) => rules.forLogSources(logSources).fields }).decode(records)
    .batches;
}

function detect(
  events: readonly unknown[],
  overrides?: (offset: number) => Partial<RawRecord>,
): readonly Finding[] {
  const detector: Detector = createDetector(rules);
  return decode(events, overrides).flatMap((batch) => detector.detect(batch).findings());
}

test('each event is asked by the rules of its log source, and says which hold', () => {
  const [batch] = decode([started('h1', 'whoami'), started('h1', 'dir'), started('h1', 'cmd /c WHOAMI')]);
  const { ruleIdsByRow } = createDetector(rules).detect(batch!);
  expect([0, 1, 2].map((row) => ruleIdsByRow(row).length)).toEqual([1, 0, 1]);
  expect(ruleIdsByRow(0)).toEqual(['00000000-0000-4000-8000-000000000001']);
});

test('events of one rule and host are one finding, with its count, times and first events', () => {
  const events = [
    started('h1', 'whoami', '2026-01-15T09:00:05Z'),
    started('h2', 'whoami'),
    started('H1', 'whoami /all', '2026-01-15T09:00:01Z'),
  ];
  const [first, second, ...rest] = detect(events);
  expect(rest).toEqual([]);
  expect(first).toMatchObject({
    product: 'windows',
    entities: { host: 'h1', user: 'a.meyer', process: 'C:\\Windows\\System32\\cmd.exe' },
    firstSeen: Date.parse('2026-01-15T09:00:01Z'),
    lastSeen: Date.parse('2026-01-15T09:00:05Z'),
    receivedAt: timestamp,
    topicId: 'topic',
    partition: 0,
    matches: [
      [0, 1, Date.parse('2026-01-15T09:00:05Z')],
      [2, 1, Date.parse('2026-01-15T09:00:01Z')],
    ],
  });
  expect(first?.assetHandle).toMatch(/^ast_/);
  expect(first?.evidence.map((event) => event.origin.offset)).toEqual([0, 2]);
  expect(first?.rule).toMatchObject({
    title: 'Who Am I',
    level: 'high',
    author: 'Somebody',
    tags: ['attack.discovery', 'attack.t1033'],
  });
  expect(second?.entities.host).toBe('h2');
});

describe('findings are told apart by', () => {
  const fingerprints = (events: readonly unknown[]): number =>
    new Set(detect(events).map((finding) => finding.fingerprint)).size;
  test('host, not user', () => {
    expect(
      fingerprints([
        started('h1', 'whoami'),
        { ...(started('h1', 'whoami') as object), User: 'CORP\\other' },
      ]),
    ).toBe(1);
    expect(fingerprints([started('h1', 'whoami'), started('h2', 'whoami')])).toBe(2);
  });
  test('cloud account and user', () => {
    expect(fingerprints([refused('1', 'a'), refused('1', 'b'), refused('2', 'a'), refused('1', 'a')])).toBe(
      3,
    );
  });
  test('source address', () => {
    expect(fingerprints([connected('10.0.0.1'), connected('10.0.0.2'), connected('10.0.0.1')])).toBe(2);
  });
  test('partition and topic, which count on their own', () => {
    const findings = detect(
      [started('h1', 'whoami'), started('h1', 'whoami'), started('h1', 'whoami')],
      (offset) => (offset === 1 ? { partition: 1 } : offset === 2 ? { topicId: 'other' } : {}),
    );
    expect(findings.map(({ topicId, partition }) => `${topicId} ${partition}`)).toEqual([
      'topic 0',
      'topic 1',
      'other 0',
    ]);
    expect(new Set(findings.map(({ fingerprint }) => fingerprint)).size).toBe(1);
  });
});

test('a record of several events is counted once with all of them', () => {
  const lines = [started('h1', 'whoami'), started('h1', 'dir'), started('h1', 'whoami')].map((event) =>
    JSON.stringify(event),
  );
  expect(detect([lines.join('\n')])[0]?.matches).toEqual([[0, 2, Date.parse('2026-01-15T09:00:00Z')]]);
});

test('evidence is the first ten events, each cut at 64 KiB on the border of a character', () => {
  const event = { ...(started('h1', 'whoami') as object), Note: '\u20ac'.repeat(50_000) };
  const [finding] = detect(Array.from({ length: 12 }, () => event));
  expect(finding?.matches.length).toBe(12);
  expect(finding?.evidence.length).toBeLessThanOrEqual(10);
  const [evidence] = finding?.evidence ?? [];
  expect(evidence?.rawTruncated).toBe(true);
  expect(evidence?.raw.includes('\ufffd')).toBe(false);
  const bytes = Buffer.byteLength(evidence?.raw ?? '');
  expect(bytes).toBeLessThanOrEqual(65_536);
  expect(bytes).toBeGreaterThan(65_530);
  expect(Buffer.byteLength(JSON.stringify(finding))).toBeLessThan(1_000_000);
});

test('a finding of more records than fit is several findings, which add up', () => {
  const records = Array.from({ length: 10_005 }, () => started('h1', 'whoami'));
  const findings = detect(records);
  expect(findings.map((finding) => finding.matches.length)).toEqual([10_000, 5]);
});

test('findings are valid, add up and are the same after a replay, whatever the events hold', () => {
  const text = fc.string({ unit: 'binary', maxLength: 30 });
  const event = fc.oneof(
    fc
      .record({ host: text, user: text, line: text })
      .map(({ host, user, line }) => ({ ...(started(host, `${line} whoami`) as object), User: user })),
    fc.tuple(text, text).map(([account, user]) => refused(account, user)),
    fc.ipV4().map(connected),
    fc.constant(started('h', 'dir')),
  );
  fc.assert(
    fc.property(fc.array(event, { maxLength: 12 }), fc.nat({ max: 2 }), (events, partitions) => {
      const place = (offset: number): Partial<RawRecord> => ({ partition: offset % (partitions + 1) });
      const findings = detect(events, place);
      for (const finding of findings) expect(Finding.parse(finding)).toEqual(finding);
      const batches = decode(events, place);
      const detector = createDetector(rules);
      const matched = batches.reduce((sum, batch) => {
        const { ruleIdsByRow } = detector.detect(batch);
        return (
          sum +
          Array.from({ length: batch.length }, (_, row) => ruleIdsByRow(row).length).reduce(
            (a, b) => a + b,
            0,
          )
        );
      }, 0);
      expect(
        findings.reduce(
          (sum, finding) => sum + finding.matches.reduce((count, match) => count + match[1], 0),
          0,
        ),
      ).toBe(matched);
      expect(detect(events, place)).toEqual(findings);
    }),
    { numRuns: 200 },
  );
});
