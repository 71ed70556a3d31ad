export { type AssetHandleKind, assetHandle, assetHandleKinds } from './asset-handle.ts';
export {
  type DeadLetterReason,
  type DecodedRecords,
  type Decoder,
  deadLetterReasons,
  type RawRecord,
  type RejectedLine,
} from './decoder.ts';
export type { Dictionary } from './dictionary.ts';
export type { Column, EventBatch } from './event-batch.ts';
export type { FieldValue, Scalar } from './field-value.ts';
export type { LogSource } from './log-source.ts';
export { AlertChange, type AlertStatus, alertStatuses } from './messages/alert-change.ts';
export { DeadLetter } from './messages/dead-letter.ts';
export { Entities, EvidenceEvent, Finding, RuleSnapshot } from './messages/finding.ts';
export { AssetName, Observation } from './messages/observation.ts';
export { RuleLoaded } from './messages/rule-loaded.ts';
export { EventOrigin } from './origin.ts';
export { type Severity, severities, severityId } from './severity.ts';
export { type TopicDefinition, type TopicKey, topics } from './topics.ts';
