import { createHash } from 'node:crypto';
import type {
  AlertStatus,
  Entities,
  EvidenceEvent,
  Finding,
  RiskContribution,
  RuleSnapshot,
  Severity,
} from '@parapet/event-model';

/** An alert as it is kept. Times are epoch milliseconds. */
export interface Alert {
  readonly id: string;
  readonly fingerprint: string;
  readonly status: AlertStatus;
  readonly severity: Severity;
  readonly title: string;
  readonly rule: RuleSnapshot;
  readonly entities: Entities;
  readonly assetHandle: string | null;
  /** Matching events, each counted once. */
  readonly count: number;
  /** Last offset counted, by `<topic id>/<partition>`. */
  readonly counted: Readonly<Record<string, number>>;
  readonly firstSeen: number;
  readonly lastSeen: number;
  readonly receivedAt: number;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly acknowledgedAt: number | null;
  readonly resolvedAt: number | null;
  readonly statusBy: string | null;
  readonly statusComment: string | null;
  /** When a change was last written to the outbox. */
  readonly announcedAt: number;
  /** Kafka timestamp of the earliest record that was counted but not yet told; null when all is told. */
  readonly pendingSince: number | null;
  /** Score of the riskiest event since the latest raise, 0 to 100; null when none of them was scored. */
  readonly riskScore: number | null;
  readonly riskContributions: readonly RiskContribution[];
}

export type ChangeKind = 'raised' | 'updated' | 'status_changed';

/** What findings do to an alert. */
export interface AlertStep {
  readonly alert: Alert;
  /** The change to tell; undefined when it is to wait, or nothing happened. */
  readonly change: ChangeKind | undefined;
  /** Kafka timestamp of the earliest record behind `change`. */
  readonly receivedAt: number | undefined;
  /** Events newly counted, of which some come with evidence. */
  readonly evidence: readonly EvidenceEvent[];
  readonly newEvents: number;
}

/** `updated` changes of one alert keep this distance, so that a noisy rule cannot flood the alert topic. Milliseconds. */
export const announceIntervalMs = 1000;

/** Two installations that see the same finding give its alert the same id. */
export function alertId(fingerprint: string): string {
  return `alr_${createHash('sha256').update(`alert\n${fingerprint}`).digest('hex').slice(0, 24)}`;
}

/**
 * The alert after some findings of its fingerprint. Counts only matches later than the last offset counted of their partition,
 * so that findings may come again, cut in any way, and change nothing. A resolved alert with a new match is raised again.
 */
export function nextAlertState(
  before: Alert | undefined,
  findings: readonly Finding[],
  now: number,
): AlertStep | undefined {
  let step: AlertStep | undefined = before && {
    alert: before,
    change: undefined,
    receivedAt: undefined,
    evidence: [],
    newEvents: 0,
  };
  for (const finding of findings) step = applyFinding(step, finding, now);
  if (!step || step.newEvents === 0) return step;
  return announce(step, now);
}

function applyFinding(step: AlertStep | undefined, finding: Finding, now: number): AlertStep | undefined {
  const partition = `${finding.topicId}/${finding.partition}`;
  const last = step?.alert.counted[partition] ?? -1;
  const fresh = finding.matches.filter(([offset]) => offset > last);
  if (fresh.length === 0) return step;

  const newEvents = fresh.reduce((sum, [, events]) => sum + events, 0);
  const counted = {
    ...step?.alert.counted,
    [partition]: fresh.reduce((max, [offset]) => Math.max(max, offset), last),
  };
  const evidence = finding.evidence.filter(({ origin }) => origin.offset > last);
  const raises = step === undefined || step.alert.status === 'resolved';
  const alert = raises ? raise(step?.alert, finding, now) : step.alert;
  return {
    alert: {
      ...alert,
      assetHandle: alert.assetHandle ?? finding.assetHandle ?? null,
      count: (step?.alert.count ?? 0) + newEvents,
      counted,
      firstSeen: Math.min(step?.alert.firstSeen ?? finding.firstSeen, finding.firstSeen),
      lastSeen: Math.max(step?.alert.lastSeen ?? finding.lastSeen, finding.lastSeen),
      updatedAt: now,
      ...riskiest(alert, finding),
    },
    change: raises ? 'raised' : (step?.change ?? 'updated'),
    receivedAt: Math.min(step?.receivedAt ?? finding.receivedAt, finding.receivedAt),
    evidence: [...(step?.evidence ?? []), ...evidence],
    newEvents: (step?.newEvents ?? 0) + newEvents,
  };
}

/** A new alert, or one that was resolved and is open again: what it says is what the rule says now. */
function raise(before: Alert | undefined, finding: Finding, now: number): Alert {
  return {
    id: before?.id ?? alertId(finding.fingerprint),
    fingerprint: finding.fingerprint,
    status: 'open',
    severity: finding.rule.level,
    title: finding.rule.title,
    rule: finding.rule,
    entities: finding.entities,
    assetHandle: finding.assetHandle ?? before?.assetHandle ?? null,
    count: 0,
    counted: {},
    firstSeen: finding.firstSeen,
    lastSeen: finding.lastSeen,
    receivedAt: finding.receivedAt,
    createdAt: before?.createdAt ?? now,
    updatedAt: now,
    acknowledgedAt: null,
    resolvedAt: null,
    statusBy: before?.statusBy ?? null,
    statusComment: before?.statusComment ?? null,
    announcedAt: now,
    pendingSince: null,
    riskScore: null,
    riskContributions: [],
  };
}

/** The higher score of the two, with what made it. */
function riskiest(alert: Alert, { riskScore, riskContributions = [] }: Finding) {
  if (riskScore === undefined || riskScore <= (alert.riskScore ?? -1)) return {};
  return { riskScore, riskContributions };
}

/** Whether the change is told now or waits for its distance to the one before. */
function announce(step: AlertStep, now: number): AlertStep {
  const { alert, change } = step;
  const waits = change === 'updated' && now - alert.announcedAt < announceIntervalMs;
  const pendingSince = Math.min(alert.pendingSince ?? Infinity, step.receivedAt ?? Infinity);
  if (waits) return { ...step, change: undefined, alert: { ...alert, pendingSince } };
  return {
    ...step,
    receivedAt: change === 'raised' ? step.receivedAt : pendingSince,
    alert: { ...alert, announcedAt: now, pendingSince: null },
  };
}
