import type { Metrics } from '@parapet/service';

export interface AssetsTelemetry {
  observationsApplied(observations: number): void;
  /** A message that can never be used was left out. */
  messageSkipped(): void;
}

export function createAssetsTelemetry(metrics: Metrics): AssetsTelemetry {
  const applied = metrics.counter({
    name: 'parapet_assets_observations_total',
    help: 'Observations applied, also those that changed nothing because they came again.',
  });
  const skipped = metrics.counter({
    name: 'parapet_assets_messages_skipped_total',
    help: 'Observations that did not validate or that the database refused.',
  });
  return {
    observationsApplied: (count) => applied.inc(count),
    messageSkipped: () => skipped.inc(),
  };
}
