import type { Random } from './random.ts';

/** One thing an intruder does, the events it leaves and the rule that must notice. */
export interface IntrusionStep {
  /** What happened, as a sentence in the past tense. */
  readonly title: string;
  /** ATT&CK technique, e.g. `T1059.001`. */
  readonly technique: string;
  /** Seconds after the start of the intrusion. */
  readonly after: number;
  /** Rule of the starter pack that must raise an alert. */
  readonly rule: string;
  /** Host name, address or cloud account that the alert must be about. */
  readonly about: string;
  events(random: Random, time: number): readonly Readonly<Record<string, unknown>>[];
}

/** Several steps of one intruder: the ground truth that the demo compares the alerts with. */
export interface Intrusion {
  readonly title: string;
  /** Seconds before the end of the capture at which it begins. */
  readonly startsBefore: number;
  readonly steps: readonly IntrusionStep[];
}
