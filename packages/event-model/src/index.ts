export { type AssetHandleKind, assetHandle, assetHandleKinds } from './asset-handle.ts';
export type { AttributeTransform } from './attribute-transform.ts';
export type { Dictionary } from './columns/dictionary.ts';
export type { Column, EventBatch } from './columns/event-batch.ts';
export { createDecoder, type DecoderOptions } from './decode/create-decoder.ts';
export { parseJson } from './decode/parse-json.ts';
export { type Segment, type SplitLimits, splitRecord } from './decode/split-record.ts';
export {
  type DeadLetterReason,
  type DecodedRecords,
  type Decoder,
  type DecoderLimits,
  deadLetterReasons,
  type RawRecord,
  type RejectedLine,
} from './decoder.ts';
export {
  accountNameOf,
  addressNameOf,
  assetNamesOf,
  assetsOf,
  boundedText,
  entitiesOf,
  hostNameOf,
  type SeenAsset,
  userNameOf,
} from './entities.ts';
export { timeOfEventId } from './event-id.ts';
export { latestTime, type ParsedTime, parseEventTime, type TimeFormat } from './event-time.ts';
export {
  createSourceExplainer,
  describeFieldTest,
  pathsOfField,
  productName,
  profilesOfShapes,
  type ShapeProfile,
  type SourceExplainer,
} from './explain-source.ts';
export type { FieldTest } from './field-test.ts';
export type { FieldValue, Scalar } from './field-value.ts';
export type { LogSource } from './log-source.ts';
export { AlertChange, type AlertStatus, alertStatuses } from './messages/alert-change.ts';
export { DeadLetter } from './messages/dead-letter.ts';
export { Entities, EvidenceEvent, Finding, RuleSnapshot } from './messages/finding.ts';
export { AssetName, Observation } from './messages/observation.ts';
export {
  maxRiskContributions,
  RiskContribution,
  type RiskReason,
  riskReasons,
} from './messages/risk-contribution.ts';
export { RuleLoaded } from './messages/rule-loaded.ts';
export { type AddressScope, addressScope, normalizeAddress } from './normalize-address.ts';
export { type Observable, observablesOf } from './observables.ts';
export { type OcsfClass, ocsfClasses } from './ocsf-class.ts';
export { EventOrigin } from './origin.ts';
export { sourceProfiles } from './profiles/source-profiles.ts';
export { type Severity, severities, severityId } from './severity.ts';
export type {
  AttributeMap,
  AttributeSource,
  EventKind,
  SourceProfile,
  SourceShape,
  TimeField,
} from './source-profile.ts';
export { type TopicDefinition, type TopicKey, topics } from './topics.ts';
