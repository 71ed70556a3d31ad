/**
 * The topics of Parapet: the contract between its processes. Names are fixed; partition counts and retention are the
 * defaults used when the platform creates a topic that does not exist yet.
 */
export interface TopicDefinition {
  readonly name: string;
  /** What a record's key is, and therefore what is kept in order. */
  readonly key: string;
  readonly partitions: number;
  /** Milliseconds a record is kept; -1 keeps it for ever. */
  readonly retentionMs: number;
}

const day = 86_400_000;

export const topics = {
  rawEvents: { name: 'parapet.events.raw', key: 'any (usually null)', partitions: 12, retentionMs: 7 * day },
  findings: { name: 'parapet.findings', key: 'fingerprint', partitions: 4, retentionMs: 7 * day },
  signals: { name: 'parapet.signals', key: 'group-by key', partitions: 4, retentionMs: 7 * day },
  observations: { name: 'parapet.observations', key: 'asset handle', partitions: 4, retentionMs: 7 * day },
  deadLetters: { name: 'parapet.events.dlq', key: 'none', partitions: 1, retentionMs: 30 * day },
  rules: { name: 'parapet.rules', key: 'rule id', partitions: 1, retentionMs: 30 * day },
  alerts: { name: 'parapet.alerts', key: 'alert id', partitions: 1, retentionMs: 7 * day },
} as const satisfies Record<string, TopicDefinition>;

export type TopicKey = keyof typeof topics;
