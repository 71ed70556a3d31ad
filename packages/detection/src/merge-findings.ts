import type { EvidenceEvent, Finding } from '@parapet/event-model';
import { fitted, maxEvidence, maxRecords } from './findings.ts';

/**
 * The findings of the batches that some records became, one per fingerprint and partition as far as it can hold them, rising by offset.
 * Batches are by source, and a rule may hold for events of several; whoever counts ignores what is not later than what was counted.
 */
export function mergeFindings(findings: readonly Finding[]): readonly Finding[] {
  const byKey = Map.groupBy(findings, keyOf);
  // The usual case.
  if (byKey.size === findings.length) return findings;
  return Array.from(byKey.values()).flatMap((same) => (same.length === 1 ? same : mergeSame(same)));
}

const keyOf = ({ fingerprint, topicId, partition }: Finding): string =>
  `${fingerprint} ${partition} ${topicId}`;

type Match = Finding['matches'][number];

function mergeSame(findings: readonly Finding[]): readonly Finding[] {
  const inOrder = findings.toSorted((a, b) => firstOffset(a) - firstOffset(b));
  const [first] = inOrder;
  if (first === undefined) return [];
  const matches = mergeMatches(inOrder);
  const evidence = inOrder.flatMap((finding) => finding.evidence).sort(byOrigin);
  const assetHandle = inOrder.find((finding) => finding.assetHandle !== undefined)?.assetHandle;
  const merged: Finding[] = [];
  for (let from = 0; from < matches.length; from += maxRecords) {
    const own = matches.slice(from, from + maxRecords);
    merged.push(
      fitted({
        ...first,
        ...(assetHandle === undefined ? {} : { assetHandle }),
        ...riskOf(inOrder),
        firstSeen: Math.min(...inOrder.map(({ firstSeen }) => firstSeen)),
        lastSeen: Math.max(...inOrder.map(({ lastSeen }) => lastSeen)),
        receivedAt: Math.min(...inOrder.map(({ receivedAt }) => receivedAt)),
        matches: own,
        evidence: evidenceOf(evidence, own),
      }),
    );
  }
  return merged;
}

const firstOffset = ({ matches }: Finding): number => matches[0]?.[0] ?? 0;

const byOrigin = ({ origin: a }: EvidenceEvent, { origin: b }: EvidenceEvent): number =>
  a.offset - b.offset || a.line - b.line;

/** The matches of each record together: one record may hold events of several sources. */
function mergeMatches(findings: readonly Finding[]): readonly Match[] {
  const byOffset = new Map<number, Match>();
  for (const { matches } of findings) {
    for (const match of matches) {
      const [offset, events, latest] = match;
      const known = byOffset.get(offset);
      byOffset.set(
        offset,
        known === undefined ? match : [offset, known[1] + events, Math.max(known[2], latest)],
      );
    }
  }
  return Array.from(byOffset.values()).sort(([a], [b]) => a - b);
}

/** The first evidence of the records; of the first records of all where there is none, since a finding has some. */
function evidenceOf(evidence: readonly EvidenceEvent[], matches: readonly Match[]): EvidenceEvent[] {
  const from = matches[0]?.[0] ?? 0;
  const to = matches.at(-1)?.[0] ?? from;
  const own = evidence.filter(({ origin }) => origin.offset >= from && origin.offset <= to);
  return (own.length === 0 ? evidence.slice(0, 1) : own).slice(0, maxEvidence);
}

/** Of the riskiest. */
function riskOf(findings: readonly Finding[]): Pick<Finding, 'riskScore' | 'riskContributions'> {
  const riskiest = findings.reduce((most, one) =>
    (one.riskScore ?? -1) > (most.riskScore ?? -1) ? one : most,
  );
  const { riskScore, riskContributions } = riskiest;
  return {
    ...(riskScore === undefined ? {} : { riskScore }),
    ...(riskContributions === undefined ? {} : { riskContributions }),
  };
}
