import { Buffer } from 'node:buffer';
import {
  assetsOf,
  type EventBatch,
  type EvidenceEvent,
  entitiesOf,
  type Finding,
  type RuleSnapshot,
  type SeenAsset,
} from '@parapet/event-model';
import type { SigmaRule } from '@parapet/sigma';
import { evidenceOf } from './evidence.ts';
import { fingerprintOf } from './fingerprint.ts';
import { toRuleSnapshot } from './rule-snapshot.ts';

/** Collects the matches of one batch into findings. Rows must be added in rising order. */
export interface Findings {
  add(row: number, rule: SigmaRule): void;
  finish(): readonly Finding[];
}

const maxEvidence = 10;
/** Records one finding counts; more become a second finding of the same fingerprint. */
const maxRecords = 10_000;
/** A finding travels as one Kafka message, which brokers refuse past 1 MiB. */
const maxFindingBytes = 900_000;

interface Collected {
  readonly finding: Omit<Finding, 'matches' | 'evidence'>;
  readonly evidence: EvidenceEvent[];
  readonly records: Map<number, [offset: number, events: number, latest: number]>;
}

export function createFindings(batch: EventBatch): Findings {
  const open = new Map<string, Collected>();
  const all: Collected[] = [];
  const snapshots = new Map<SigmaRule, RuleSnapshot>();

  const snapshotOf = (rule: SigmaRule): RuleSnapshot => {
    const snapshot = snapshots.get(rule) ?? toRuleSnapshot(rule);
    snapshots.set(rule, snapshot);
    return snapshot;
  };
  const start = (row: number, rule: SigmaRule, fingerprint: string): Collected => {
    const { topicId, partition } = batch.origin(row);
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
        entities: entitiesOf(batch, row),
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
    add(row, rule) {
      const { topicId, partition, offset } = batch.origin(row);
      const fingerprint = fingerprintOf(rule.id, entitiesOf(batch, row));
      const key = `${fingerprint} ${partition} ${topicId}`;
      let collected = open.get(key);
      if (
        collected === undefined ||
        (collected.records.size >= maxRecords && !collected.records.has(offset))
      ) {
        collected = start(row, rule, fingerprint);
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
      if (evidence.length < maxEvidence) evidence.push(evidenceOf(batch, row));
    },
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
function fitted(finding: Finding): Finding {
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
