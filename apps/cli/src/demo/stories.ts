import type { Alert } from '../api/alert.ts';
import type { Intrusion, IntrusionStep } from '../capture/intrusion.ts';

export interface StepOutcome {
  readonly step: IntrusionStep;
  /** The alert that shows the step; undefined when there is none. */
  readonly alert: Alert | undefined;
}

export interface Story {
  readonly intrusion: Intrusion;
  readonly steps: readonly StepOutcome[];
  /** Steps without an alert. */
  readonly missed: number;
}

/** Holds the alerts against what is known to have happened: for each step, the alert of its rule about its subject. */
export function tellStories(intrusions: readonly Intrusion[], alerts: readonly Alert[]): Story[] {
  return intrusions.map((intrusion) => {
    const steps = intrusion.steps.map((step) => ({
      step,
      alert: alerts.find((alert) => alert.rule.id === step.rule && isAbout(alert, step.about)),
    }));
    return { intrusion, steps, missed: steps.filter(({ alert }) => alert === undefined).length };
  });
}

function isAbout(alert: Alert, name: string): boolean {
  const wanted = name.toLowerCase();
  const { host, account, sourceAddress, destinationAddress } = alert.entities;
  return [host, account, sourceAddress, destinationAddress, alert.asset?.name].some(
    (known) => known?.toLowerCase() === wanted,
  );
}
