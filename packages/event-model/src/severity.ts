/** Sigma levels in rising order; OCSF `severity_id` 1 to 5. */
export const severities = ['informational', 'low', 'medium', 'high', 'critical'] as const;
export type Severity = (typeof severities)[number];

/** OCSF severity_id of a severity: 1 (informational) to 5 (critical). */
export function severityId(severity: Severity): number {
  return severities.indexOf(severity) + 1;
}
