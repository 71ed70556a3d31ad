import { type Severity, severities } from '@parapet/event-model';
import type { Alert } from '../api/alert.ts';
import { formatCount, formatDuration } from '../terminal/duration.ts';
import type { Terminal } from '../terminal/terminal.ts';
import type { LatencyRecord } from './latency.ts';
import type { Story } from './stories.ts';

export interface RunFigures {
  readonly records: number;
  readonly bytes: number;
  /** Events that can be searched now. */
  readonly events: number;
  readonly deadLetters: readonly { readonly reason: string; readonly count: number }[];
  /** From the first record sent until everything was processed. */
  readonly processingMs: number;
  readonly alerts: readonly Alert[];
  readonly latency: LatencyRecord;
}

export function printSummary(figures: RunFigures, terminal: Terminal): void {
  const { style } = terminal;
  const row = (name: string, value: string) => terminal.print(`  ${name.padEnd(14)} ${value}`);
  const rejected = figures.deadLetters.reduce((sum, { count }) => sum + count, 0);
  const reasons = figures.deadLetters
    .map(({ reason, count }) => `${reason} ${formatCount(count)}`)
    .join(', ');
  const seconds = figures.processingMs / 1000;
  terminal.print(style.bold('Summary'));
  row('records sent', `${formatCount(figures.records)} (${(figures.bytes / 1e6).toFixed(1)} MB)`);
  row(
    'events kept',
    `${formatCount(figures.events)}, ${formatCount(figures.events / seconds)} events/s (from the first record sent to the last one processed, ${formatDuration(figures.processingMs)})`,
  );
  row('dead letters', rejected === 0 ? '0' : `${formatCount(rejected)}: ${reasons}`);
  row(
    'alerts',
    figures.alerts.length === 0
      ? '0'
      : `${formatCount(figures.alerts.length)}: ${bySeverity(figures.alerts, terminal)}`,
  );
  const [p50, p99] = [figures.latency.percentile(0.5), figures.latency.percentile(0.99)];
  if (p50 !== undefined && p99 !== undefined)
    row(
      'latency',
      `p50 ${formatDuration(p50)}, p99 ${formatDuration(p99)} (record produced to alert delivered, with its wait behind the burst before it)`,
    );
}

function bySeverity(alerts: readonly Alert[], { style }: Terminal): string {
  const counts = new Map<Severity, number>();
  for (const { severity } of alerts) counts.set(severity, (counts.get(severity) ?? 0) + 1);
  return severities
    .toReversed()
    .filter((severity) => counts.has(severity))
    .map((severity) => style.severity(severity, `${severity} ${counts.get(severity)}`))
    .join(', ');
}

/** What happened, step by step, with the alert that shows each step. */
export function printStories(stories: readonly Story[], terminal: Terminal): void {
  const { style } = terminal;
  for (const [index, { intrusion, steps, missed }] of stories.entries()) {
    const verdict =
      missed === 0
        ? style.green(`all ${steps.length} steps seen`)
        : style.red(`${missed} of ${steps.length} steps MISSED`);
    terminal.print(style.bold(`Intrusion ${index + 1}: ${intrusion.title} - ${verdict}`));
    for (const { step, alert } of steps) {
      const mark = alert ? style.green('seen  ') : style.red('MISSED');
      terminal.print(`  ${mark} ${step.technique.padEnd(10)} ${step.title}`);
      terminal.print(
        style.dim(
          `         ${''.padEnd(10)} ${alert ? alert.title : `no alert of rule ${step.rule} about ${step.about}`}`,
        ),
      );
    }
  }
}
