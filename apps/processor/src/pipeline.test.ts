import { defaultRiskWeights } from '@parapet/detection';
import { DeadLetter, type Finding, Finding as FindingSchema, topics } from '@parapet/event-model';
import { type ConsumedBatch, KafkaError, type OutgoingMessage } from '@parapet/kafka';
import { createLogger, createMetrics } from '@parapet/service';
import { parseRules } from '@parapet/sigma';
import { describe, expect, it, vi } from 'vitest';
import { createAnalyser } from './create-analyser.ts';
import { fitFinding } from './fit-finding.ts';
import { createPipeline } from './pipeline.ts';
import { createTelemetry } from './telemetry.ts';

const rule = `title: Whoami\nid: 11111111-1111-4111-8111-111111111111\nlogsource:\n  product: windows\n  category: process_creation\ndetection:\n  selection:\n    CommandLine|contains: whoami\n  condition: selection\nlevel: high\n`;
const analyser = createAnalyser(
  { rules: parseRules(rule).rules, filters: [], placeholders: {} },
  { limits: {}, sourceByTopic: { sysmon: 'windows-sysmon' }, riskWeights: defaultRiskWeights },
  undefined,
);

function aBatch(lines: readonly string[]): ConsumedBatch {
  const records = lines.map((value, offset) => ({
    topicId: 't',
    partition: 0,
    offset,
    timestamp: 1,
    value: Buffer.from(value),
    headers: { 'parapet-file': 'f.json', 'parapet-line': '7' },
  }));
  return {
    topic: 'raw',
    topicId: 't',
    partition: 0,
    records,
    keys: lines.map(() => null),
    signal: new AbortController().signal,
  };
}

const whoami = JSON.stringify({
  Channel: 'Microsoft-Windows-Sysmon/Operational',
  SourceName: 'Microsoft-Windows-Sysmon',
  EventID: 1,
  UtcTime: '2024-05-01 10:00:00.123',
  Hostname: 'ws01',
  CommandLine: 'cmd /c whoami',
});

function build() {
  const sent: { topic: string; message: OutgoingMessage }[] = [];
  const send = vi.fn((topic: string, messages: readonly OutgoingMessage[]) => {
    sent.push(...messages.map((message) => ({ topic, message })));
    return Promise.resolve([]);
  });
  const append = vi.fn(() => Promise.resolve());
  const metrics = createMetrics('test');
  const telemetry = createTelemetry({ metrics, log: createLogger({ service: 'test', level: 'silent' }) });
  const pipeline = createPipeline({
    analyser: () => analyser,
    producer: { send },
    writers: { append },
    telemetry,
    now: () => 5,
  });
  const to = (name: keyof typeof topics): unknown[] =>
    sent
      .filter(({ topic }) => topic === topics[name].name)
      .map(({ message }) => JSON.parse(String(message.value)));
  return { pipeline, send, append, to, metrics };
}

describe('the pipeline', () => {
  it('makes every effect of a batch before it resolves', async () => {
    const { pipeline, append, to } = build();
    await pipeline.process(aBatch([whoami, 'nope']));
    expect(append).toHaveBeenCalledWith(expect.anything(), [
      expect.objectContaining({ rules: [analyser.rules[0]?.snapshot.id] }),
    ]);
    expect(to('findings').map((finding) => FindingSchema.parse(finding).rule.title)).toEqual(['Whoami']);
    expect(to('observations')).toHaveLength(1);
    expect(to('deadLetters').map((letter) => DeadLetter.parse(letter))).toMatchObject([
      {
        reason: 'invalid_json',
        origin: { offset: 1 },
        rejectedAt: 5,
        file: 'f.json',
        fileLine: 7,
        bytes: Buffer.from('nope').toString('base64'),
      },
    ]);
  });

  it.each(['lake', 'findings', 'observations', 'dead letters'])(
    'rejects when the %s cannot be written',
    async (sink) => {
      const { pipeline, append, send } = build();
      const failure = new Error('no');
      const topic = {
        findings: topics.findings.name,
        observations: topics.observations.name,
        'dead letters': topics.deadLetters.name,
      }[sink];
      if (topic === undefined) append.mockRejectedValueOnce(failure);
      else
        send.mockImplementation((name) => (name === topic ? Promise.reject(failure) : Promise.resolve([])));
      await expect(pipeline.process(aBatch([whoami, 'nope']))).rejects.toBe(failure);
    },
  );

  it('tells an observation again when the batch it was in failed', async () => {
    const { pipeline, append, to } = build();
    append.mockRejectedValueOnce(new Error('the disk is full'));
    await expect(pipeline.process(aBatch([whoami]))).rejects.toThrow();
    await pipeline.process(aBatch([whoami]));
    await pipeline.process(aBatch([whoami]));
    expect(to('observations')).toHaveLength(2);
  });

  it('sends findings smaller where the topic refuses their size', async () => {
    const { pipeline, send, to } = build();
    const taking = send.getMockImplementation();
    send.mockImplementation((topic, messages) => {
      if (topic === topics.findings.name && messages.some(({ value }) => String(value).length > 110_000)) {
        return Promise.reject(new KafkaError('MESSAGE_TOO_LARGE', 'too large'));
      }
      return taking ? taking(topic, messages) : Promise.resolve([]);
    });
    const big = whoami.replace('whoami', `whoami ${'x'.repeat(60_000)}`);
    await pipeline.process(aBatch(Array(5).fill(big)));
    const findings = to('findings').map((finding) => FindingSchema.parse(finding));
    expect(findings.flatMap(({ matches }) => matches.map(([offset]) => offset))).toEqual([0, 1, 2, 3, 4]);
  });
});

describe('an analyser', () => {
  const rows = (topic: string, topicId: string, event: object) =>
    analyser
      .analyse(
        {
          ...aBatch([JSON.stringify(event)]),
          topic,
          topicId,
          records: aBatch([JSON.stringify(event)]).records.map((record) => ({ ...record, topicId })),
        },
        () => {},
      )
      .rows.map(({ source }) => source);

  it('takes what is in a topic for the source that was named for it, also when the topic is made anew', () => {
    const event = { anything: 'at all', UtcTime: '2024-05-01 10:00:00.123' };
    const unnamed = rows('other', 'o1', event);
    expect(unnamed).not.toEqual(['windows-sysmon']);
    expect(rows('sysmon', 's1', event)).toEqual(['windows-sysmon']);
    expect(rows('sysmon', 's2', event)).toEqual(['windows-sysmon']);
    expect(rows('other', 'o1', event)).toEqual(unnamed);
  });
});

describe('fitting a finding', () => {
  it('keeps every counted record, in order and within the size, whatever must be trimmed', async () => {
    const { pipeline, to } = build();
    await pipeline.process(aBatch(Array(3).fill(whoami)));
    const base = to('findings')[0] as Finding;
    const evidence = Array.from({ length: 10 }, () => ({ ...base.evidence[0]!, raw: 'x'.repeat(60_000) }));
    const matches = Array.from({ length: 20_000 }, (_, offset): [number, number, number] => [
      offset,
      1,
      1_714_557_600_123,
    ]);
    const parts = fitFinding({ ...base, evidence, matches }, 100_000);
    expect(parts.flatMap((part) => part.matches)).toEqual(matches);
    for (const part of parts) {
      expect(Buffer.byteLength(JSON.stringify(part))).toBeLessThanOrEqual(100_000);
      FindingSchema.parse(part);
    }
    expect(fitFinding(base, 100_000)).toEqual([base]);
  });
});
