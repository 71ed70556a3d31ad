import type { Enricher } from '@parapet/enrichment';
import type { Metrics } from '@parapet/service';

const providers = { maxValues: 100 };

/** What each source of enrichment has and how well it does, read when the metrics are. */
export function gaugeEnrichment(metrics: Metrics, enricher: Pick<Enricher, 'status'>): void {
  const entries = metrics.gauge({
    name: 'parapet_enrichment_entries',
    help: 'Entries in use of each source of enrichment, of every worker.',
    labels: { provider: providers },
    collect(): void {
      for (const status of enricher.status()) entries.set({ provider: status.provider }, status.entries);
    },
  });
  const asOf = metrics.gauge({
    name: 'parapet_enrichment_data_timestamp_seconds',
    help: 'Time of the data in use of each source of enrichment; 0 before the first.',
    labels: { provider: providers },
    merge: 'min',
    collect(): void {
      for (const status of enricher.status())
        asOf.set({ provider: status.provider }, (status.asOf ?? 0) / 1000);
    },
  });
  const failed = metrics.gauge({
    name: 'parapet_enrichment_unanswered',
    help: 'Lookups since the start that were not answered, by source and outcome.',
    labels: { provider: providers, outcome: ['error', 'timeout', 'skipped'] },
    collect(): void {
      for (const { provider, errors, timeouts, skipped } of enricher.status()) {
        failed.set({ provider, outcome: 'error' }, errors);
        failed.set({ provider, outcome: 'timeout' }, timeouts);
        failed.set({ provider, outcome: 'skipped' }, skipped);
      }
    },
  });
}
