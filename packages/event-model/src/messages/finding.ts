import { z } from 'zod';
import { EventOrigin } from '../origin.ts';
import { severities } from '../severity.ts';
import { maxRiskContributions, RiskContribution } from './risk-contribution.ts';

/** The rule as it was when it fired; kept with the alert (DRL 1.1 asks for author, id and link). */
export const RuleSnapshot = z.object({
  id: z.string().min(1).max(200),
  title: z.string().max(1000),
  description: z.string().max(20_000).optional(),
  level: z.enum(severities),
  status: z.string().max(50).optional(),
  author: z.string().max(2000).optional(),
  license: z.string().max(200).optional(),
  references: z.array(z.string().max(2000)).max(100),
  tags: z.array(z.string().max(200)).max(100),
  falsePositives: z.array(z.string().max(2000)).max(100),
});
export type RuleSnapshot = z.infer<typeof RuleSnapshot>;

/** Who and what an event is about, read from its OCSF attributes. */
export const Entities = z.object({
  host: z.string().max(1000).optional(),
  user: z.string().max(1000).optional(),
  sourceAddress: z.string().max(100).optional(),
  destinationAddress: z.string().max(100).optional(),
  account: z.string().max(1000).optional(),
  process: z.string().max(32_768).optional(),
});
export type Entities = z.infer<typeof Entities>;

/** A matching event, kept with the alert whatever happens to the lake. `raw` is cut at 64 KiB. */
export const EvidenceEvent = z.object({
  id: z.string().min(1).max(100),
  time: z.number(),
  source: z.string().max(100),
  origin: EventOrigin,
  entities: Entities,
  raw: z.string().max(65_536),
  /** True when `raw` was cut. */
  rawTruncated: z.boolean(),
});
export type EvidenceEvent = z.infer<typeof EvidenceEvent>;

/**
 * "These events of one batch match this rule, for this entity": key `fingerprint` on topic `parapet.findings`. One per
 * fingerprint and partition of a batch. A replay cuts batches elsewhere, so a finding says which records it counts:
 * whoever counts keeps the last offset counted per topic id and partition and ignores the records up to it.
 */
export const Finding = z.object({
  schema: z.literal(1),
  /** What makes two findings one alert: rule id and entity, hashed. */
  fingerprint: z.string().min(1).max(100),
  rule: RuleSnapshot,
  /** Sigma log source product of the first event, e.g. `windows`. */
  product: z.string().max(100).optional(),
  entities: Entities,
  /** Handle (see assetHandle) of the asset the finding is about. */
  assetHandle: z.string().max(100).optional(),
  /** Epoch milliseconds of the earliest and latest matching event. */
  firstSeen: z.number(),
  lastSeen: z.number(),
  topicId: z.string().max(64),
  partition: z.int().min(0),
  /** `[offset, events matched in that record, latest event time]`, rising by offset. Sums to the finding's count. */
  matches: z
    .array(z.tuple([z.int().min(0), z.int().min(1), z.number()]))
    .min(1)
    .max(100_000),
  /** The first matching events of the batch, at most 10. */
  evidence: z.array(EvidenceEvent).min(1).max(10),
  /** Kafka timestamp of the earliest matching record: where the clock of produce-to-alert latency starts. */
  receivedAt: z.number(),
  /** Risk score of the riskiest event of `evidence`, 0 to 100; absent where events are not scored. */
  riskScore: z.int().min(0).max(100).optional(),
  /** What made `riskScore`, the most points first. */
  riskContributions: z.array(RiskContribution).max(maxRiskContributions).optional(),
});
export type Finding = z.infer<typeof Finding>;
