import { Buffer } from 'node:buffer';
import {
  assetsOf,
  type Entities,
  type EventBatch,
  type EventOrigin,
  type EvidenceEvent,
  entitiesOf,
  type Finding,
  type RuleSnapshot,
  type SeenAsset,
} from '@parapet/event-model';
import type { SigmaRule } from '@parapet/sigma';
import { evidenceOf } from './evidence.ts';
import { createFingerprints } from './fingerprint.ts';
import { toRuleSnapshot } from './rule-snapshot.ts';

/** Collects the matches of one batch into findings. Rows must be added in rising order. */
export interface Findings {
  /** All rules that hold for a row. */
  add(row: number, rules: readonly SigmaRule[]): void;
  finish(): readonly Finding[];
  /** The row of an event that is evidence in one of these findings. */
  rowOf(evidence: EvidenceEvent): number | undefined;
}

/** Events that a finding keeps. */
export const maxEvidence = 10;
/** Records one finding counts; more become a second finding of the same fingerprint. */
export const maxRecords = 10_000;
/** A finding travels as one Kafka message, which brokers refuse past 1 MiB. */
const maxFindingBytes = 900_000;

interface Match {
  readonly origin: EventOrigin;
  readonly entities: Entities;
  readonly fingerprint: string;
}

interface Collected {
  readonly finding: Omit<Finding, 'matches' | 'evidence'>;
  readonly evidence: EvidenceEvent[];
  readonly records: Map<number, [offset: number, events: number, latest: number]>;
}

/** Starts the findings of a batch. What does not depend on the batch is remembered from one to the next. */
export function createFindings(): (batch: EventBatch) => Findings {
  const snapshots = new WeakMap<SigmaRule, RuleSnapshot>();
  const fingerprints = createFingerprints();
  const snapshotOf = (rule: SigmaRule): RuleSnapshot => {
    const snapshot = snapshots.get(rule) ?? toRuleSnapshot(rule);
    snapshots.set(rule, snapshot);
    return snapshot;
  };
  return (batch) => findingsOf(batch, snapshotOf, fingerprints);
}

function findingsOf(
  batch: EventBatch,
  snapshotOf: (rule: SigmaRule) => RuleSnapshot,
  fingerprints: (ruleId: string, entities: Entities) => string,
): Findings {
  const open = new Map<string, Collected>();
  const all: Collected[] = [];
  const rowsOf = new Map<EvidenceEvent, number>();
  const entitiesAt = entitiesOf(batch);

  const start = (row: number, rule: SigmaRule, { origin, entities, fingerprint }: Match): Collected => {
    const { topicId, partition } = origin;
    const product = batch.logSources[batch.routes[row] ?? 0]?.find(
      (source) => source.product !== undefined,
    )?.product;
    const assetHandle = mainAsset(assetsOf(batch, row))?.names[0].handle;
    const time = batch.times[row] ?? 0;
    return {
      finding: {
        schema: 1,
        fingerprint,
        rule: snapshotOf(rule),
        ...(product === undefined ? {} : { product: product.slice(0, 100) }),
        entities,
        ...(assetHandle === undefined ? {} : { assetHandle }),
        firstSeen: time,
        lastSeen: time,
        topicId,
        partition,
        receivedAt: batch.receivedTimes[row] ?? 0,
      },
      evidence: [],
      records: new Map(),
    };
  };

  return {
    add(row, rules) {
      const origin = batch.origin(row);
      const entities = entitiesAt(row);
      let seen: EvidenceEvent | undefined;
      for (const rule of rules) {
        const fingerprint = fingerprints(rule.id, entities);
        const { topicId, partition, offset } = origin;
        const key = `${fingerprint} ${partition} ${topicId}`;
        let collected = open.get(key);
        if (
          collected === undefined ||
          (collected.records.size >= maxRecords && !collected.records.has(offset))
        ) {
          collected = start(row, rule, { origin, entities, fingerprint });
          open.set(key, collected);
          all.push(collected);
        }
        const time = batch.times[row] ?? 0;
        const { finding, evidence, records } = collected;
        finding.firstSeen = Math.min(finding.firstSeen, time);
        finding.lastSeen = Math.max(finding.lastSeen, time);
        finding.receivedAt = Math.min(finding.receivedAt, batch.receivedTimes[row] ?? 0);
        const record = records.get(offset) ?? [offset, 0, time];
        records.set(offset, [offset, record[1] + 1, Math.max(record[2], time)]);
        if (evidence.length >= maxEvidence) continue;
        if (seen === undefined) {
          seen = evidenceOf(batch, row, entities);
          rowsOf.set(seen, row);
        }
        evidence.push(seen);
      }
    },
    rowOf: (evidence) => rowsOf.get(evidence),
    finish: () =>
      all.map(({ finding, evidence, records }) =>
        fitted({ ...finding, evidence, matches: [...records.values()].sort(([a], [b]) => a - b) }),
      ),
  };
}

/** The asset a finding is about, in the order in which fingerprints name entities. */
function mainAsset(assets: readonly SeenAsset[]): SeenAsset | undefined {
  const byRole = (role: SeenAsset['role']): SeenAsset | undefined =>
    assets.find((asset) => asset.role === role);
  return byRole('device') ?? byRole('cloud') ?? byRole('endpoint');
}

/** Later evidence gives way until the message is small enough; the first event always stays. */
export function fitted(finding: Finding): Finding {
  const evidence = [...finding.evidence];
  const rough = evidence.reduce((sum, event) => sum + event.raw.length, finding.matches.length * 40);
  if (rough < maxFindingBytes / 8) return finding;
  while (
    evidence.length > 1 &&
    Buffer.byteLength(JSON.stringify({ ...finding, evidence })) > maxFindingBytes
  ) {
    evidence.pop();
  }
  return { ...finding, evidence };
}
