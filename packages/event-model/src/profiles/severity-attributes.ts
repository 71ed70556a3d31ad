import type { AttributeMap } from '../source-profile.ts';

/** OCSF severity ids; the index is the id. */
export const severityNames = [
  'Unknown',
  'Informational',
  'Low',
  'Medium',
  'High',
  'Critical',
  'Fatal',
] as const;

/** OCSF severity_id: 0 unknown, 1 informational, 2 low, 3 medium, 4 high, 5 critical, 6 fatal. */
type SeverityId = 0 | 1 | 2 | 3 | 4 | 5 | 6;

/**
 * `severity_id` and `severity` from the source's own fields, in order of preference: by field, the ids of its values.
 * Informational where no field is there or none says what its map knows.
 */
export function severityFrom(
  fields: Readonly<Record<string, Readonly<Record<string, SeverityId>>>>,
): AttributeMap {
  const maps = Object.entries(fields);
  return {
    severity_id: [...maps.map(([field, map]) => ({ field, map })), { value: 1 }],
    severity: [
      ...maps.map(([field, ids]) => ({
        field,
        map: Object.fromEntries(Object.entries(ids).map(([value, id]) => [value, severityNames[id]])),
      })),
      { value: severityNames[1] },
    ],
  };
}

/** RFC 5424 severities by number and by the names that daemons and shippers write. */
export const syslogSeverities: Readonly<Record<string, SeverityId>> = {
  '0': 6,
  '1': 5,
  '2': 5,
  '3': 4,
  '4': 3,
  '5': 2,
  '6': 1,
  '7': 1,
  emerg: 6,
  emergency: 6,
  panic: 6,
  alert: 5,
  crit: 5,
  critical: 5,
  err: 4,
  error: 4,
  warning: 3,
  warn: 3,
  notice: 2,
  info: 1,
  informational: 1,
  debug: 1,
};
