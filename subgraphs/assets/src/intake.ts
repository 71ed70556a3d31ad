import { Observation } from '@parapet/event-model';
import type { ConsumedBatch } from '@parapet/kafka';
import type { Logger } from '@parapet/service';
import { applyMessages, type MessageRecord, readMessages } from '@parapet/subgraph';
import type { AssetWriter } from './asset-writer.ts';
import type { AssetsTelemetry } from './telemetry.ts';

/** Applies one batch of observations. Resolves when all of it is durable; rejects when it is to come again. */
export function createIntake(deps: {
  assets: AssetWriter;
  log: Logger;
  telemetry: AssetsTelemetry;
}): (batch: Pick<ConsumedBatch, 'records'>) => Promise<void> {
  const { assets, log, telemetry } = deps;

  function skip({ partition, offset }: Omit<MessageRecord, 'value'>, problem: unknown): void {
    telemetry.messageSkipped();
    log.error({ partition, offset, err: problem }, 'an observation can never be used and is left out');
  }

  return async ({ records }) => {
    const observations = readMessages(Observation, records, skip);
    await applyMessages(
      observations,
      async (some) => {
        await assets.applyObservations(some.map(({ value }) => value));
        telemetry.observationsApplied(some.length);
      },
      skip,
    );
  };
}
