export { type AttributeLookup, attributeLookups } from './attribute-lookups.ts';
export { createEnricher, type EnricherOptions } from './create-enricher.ts';
export { createProviders, type ProviderPorts } from './create-providers.ts';
export type { DataSource, SourceContent } from './data-provider.ts';
export {
  type Answer,
  type AttributeAnswer,
  type Criticality,
  criticalities,
  type EnrichedColumn,
  type Enricher,
  type Enrichment,
  type EnrichmentKind,
  enrichmentKinds,
  type ProviderStatus,
} from './enrichment.ts';
export {
  attributesOf,
  EnrichmentConfig,
  EnrichmentConfigError,
  parseEnrichmentConfig,
} from './enrichment-config.ts';
export {
  createLookupProvider,
  type Lookup,
  type LookupAnswer,
  type LookupProviderOptions,
} from './lookup-provider.ts';
export type { EnrichmentLog, Provider } from './provider.ts';
export type { Question, ValueType } from './question.ts';
export { flattenedAnswers, type OcsfEnrichment, toOcsfEnrichments } from './to-ocsf.ts';
