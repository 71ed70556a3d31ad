import { deadLetterReasons } from '@parapet/event-model';
import type { Metrics } from '@parapet/service';

export interface EventsTelemetry {
  deadLetterKept(reason: (typeof deadLetterReasons)[number]): void;
  /** A message that can never be used was left out. */
  messageSkipped(): void;
}

export function createEventsTelemetry(metrics: Metrics): EventsTelemetry {
  const kept = metrics.counter({
    name: 'parapet_events_dead_letters_total',
    help: 'Dead letters kept, also those that came again, by reason.',
    labels: { reason: deadLetterReasons },
  });
  const skipped = metrics.counter({
    name: 'parapet_events_messages_skipped_total',
    help: 'Dead letters that did not validate or that the database refused.',
  });
  return {
    deadLetterKept: (reason) => kept.inc({ reason }),
    messageSkipped: () => skipped.inc(),
  };
}
