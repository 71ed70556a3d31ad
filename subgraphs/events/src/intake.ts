import { DeadLetter } from '@parapet/event-model';
import type { ConsumedBatch } from '@parapet/kafka';
import type { Logger } from '@parapet/service';
import { applyMessages, type MessageRecord, readMessages } from '@parapet/subgraph';
import type { DeadLetterStore } from './dead-letter-store.ts';
import type { EventsTelemetry } from './telemetry.ts';

/** Keeps one batch of dead letters. Resolves when all of it is durable; rejects when it is to come again. */
export function createIntake(deps: {
  deadLetters: Pick<DeadLetterStore, 'keep'>;
  log: Logger;
  telemetry: EventsTelemetry;
}): (batch: Pick<ConsumedBatch, 'records'>) => Promise<void> {
  const { deadLetters, log, telemetry } = deps;

  function skip({ partition, offset }: Omit<MessageRecord, 'value'>, problem: unknown): void {
    telemetry.messageSkipped();
    log.error({ partition, offset, err: problem }, 'a dead letter can never be used and is left out');
  }

  return async ({ records }) => {
    const letters = readMessages(DeadLetter, records, skip);
    await applyMessages(
      letters,
      async (some) => {
        await deadLetters.keep(some.map(({ value }) => value));
        for (const { value } of some) telemetry.deadLetterKept(value.reason);
      },
      skip,
    );
  };
}
