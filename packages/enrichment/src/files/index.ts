export { type OpenEnricherOptions, openEnricher } from './open-enricher.ts';
