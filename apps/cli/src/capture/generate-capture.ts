import type { DeadLetterReason } from '@parapet/event-model';
import { benignNetwork } from './benign-network.ts';
import { benignWindows } from './benign-windows.ts';
import type { Intrusion, IntrusionStep } from './intrusion.ts';
import { cloudIntrusion } from './intrusion-cloud.ts';
import { phishingIntrusion } from './intrusion-phishing.ts';
import { webShellIntrusion } from './intrusion-web-shell.ts';
import { malformedRecords } from './malformed.ts';
import { createRandom } from './random.ts';

export interface CaptureOptions {
  /** The same seed, number of events and end give the same bytes. */
  readonly seed: number;
  /** Benign events; those of the intrusions and the unusable records come on top. */
  readonly events: number;
  /** Epoch milliseconds of the last moment of the capture. */
  readonly end: number;
}

/** One record of the capture with what is known about it. */
export interface CaptureRecord {
  readonly time: number;
  readonly value: Buffer;
  /** The intrusion and step that left this event; absent for benign ones. */
  readonly step?: { readonly intrusion: Intrusion; readonly step: IntrusionStep };
  /** Why Parapet must refuse the record. */
  readonly rejected?: DeadLetterReason;
}

export const intrusions: readonly Intrusion[] = [phishingIntrusion, webShellIntrusion, cloudIntrusion];

/** What the bundled capture's records say they come from (record header `parapet-file`). */
export const captureName = 'office-network.ndjson';

const span = 3_600_000;

/** An hour of an office network, in order of time: mostly benign, three intrusions, a few records that cannot be used. */
export function generateCapture(options: CaptureOptions): CaptureRecord[] {
  const random = createRandom(options.seed);
  const start = options.end - span;
  const makers = [...benignWindows, ...benignNetwork];
  const records: CaptureRecord[] = [];
  const encode = (event: Readonly<Record<string, unknown>>) => Buffer.from(JSON.stringify(event), 'utf8');
  for (let index = 0; index < options.events; index++) {
    const time = start + Math.floor(random.next() * span);
    records.push({ time, value: encode(random.weighted(makers)(random, time)) });
  }
  for (const intrusion of intrusions) {
    for (const step of intrusion.steps) {
      const time = options.end - (intrusion.startsBefore - step.after) * 1000;
      for (const event of step.events(random, time)) {
        records.push({ time, value: encode(event), step: { intrusion, step } });
      }
    }
  }
  for (const { reason, value } of malformedRecords()) {
    records.push({ time: start + Math.floor(random.next() * span), value, rejected: reason });
  }
  // Sorting is stable, so equal times keep the order in which they were made.
  return records.sort((one, other) => one.time - other.time);
}
