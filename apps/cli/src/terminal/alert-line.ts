import { type Alert, subjectOf } from '../api/alert.ts';
import { formatDuration } from './duration.ts';
import type { Style } from './style.ts';
import { printable } from './terminal.ts';

/** One alert on one line: severity, rule, asset, user, techniques, and how long it took from the event's arrival. */
export function formatAlert(alert: Alert, style: Style, latencyMs?: number): string {
  const user = alert.entities.user;
  const techniques = alert.techniques.map(({ id }) => id).join(' ');
  const columns = [
    style.severity(alert.severity, alert.severity.toUpperCase().padEnd(13)),
    style.bold(printable(alert.title, 58).padEnd(58)),
    printable(subjectOf(alert), 40).padEnd(22),
    printable(user ?? '-', 40).padEnd(18),
    techniques.padEnd(18),
  ];
  if (latencyMs !== undefined) columns.push(style.dim(formatDuration(latencyMs)));
  return columns.join(' ').trimEnd();
}
