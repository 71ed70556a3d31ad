import type { EvidenceEvent, Finding, RuleSnapshot } from '@parapet/event-model';

export const aRule = (overrides: Partial<RuleSnapshot> = {}): RuleSnapshot => ({
  id: 'rule-1',
  title: 'Encoded PowerShell',
  level: 'high',
  author: 'Ada',
  references: ['https://example.org/rule-1'],
  tags: ['attack.execution', 'attack.t1059.001'],
  falsePositives: [],
  ...overrides,
});

export const anEvidenceEvent = (overrides: Partial<EvidenceEvent> = {}): EvidenceEvent => {
  const origin = overrides.origin ?? { topicId: 'topic-a', partition: 0, offset: 0, line: 0 };
  return {
    id: `evt-${origin.topicId}-${origin.partition}-${origin.offset}-${origin.line}`,
    time: 1_000_000 + origin.offset,
    source: 'windows-sysmon',
    origin,
    entities: { host: 'WS01' },
    raw: `{"offset":${origin.offset}}`,
    rawTruncated: false,
    ...overrides,
  };
};

/** A finding of the records `matches`, consistent in its times and evidence. */
export const aFinding = (overrides: Partial<Finding> = {}): Finding => {
  const matches = overrides.matches ?? [[0, 1, 1_000_000]];
  const topicId = overrides.topicId ?? 'topic-a';
  const partition = overrides.partition ?? 0;
  const times = matches.map(([, , time]) => time);
  return {
    schema: 1,
    fingerprint: 'fp-1',
    rule: aRule(),
    product: 'windows',
    entities: { host: 'WS01', user: 'CORP\\alice' },
    firstSeen: Math.min(...times),
    lastSeen: Math.max(...times),
    topicId,
    partition,
    matches,
    evidence: matches
      .slice(0, 10)
      .map(([offset, , time]) => anEvidenceEvent({ origin: { topicId, partition, offset, line: 0 }, time })),
    receivedAt: Math.min(...times) + 5,
    ...overrides,
  };
};
