export { checkEnrichmentConfig, type OpenEnricherOptions, openEnricher } from './open-enricher.ts';
