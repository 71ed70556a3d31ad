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
