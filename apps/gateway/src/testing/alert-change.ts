import type { AlertChange } from '@parapet/event-model';

/** A change of the alerts topic, for the alert with this id. */
export function anAlertChange(
  sequence: number,
  id: string,
  overrides: { change?: AlertChange['change']; severity?: AlertChange['alert']['severity'] } = {},
): AlertChange {
  const { change = 'raised', severity = 'high' } = overrides;
  return {
    schema: 1,
    sequence,
    change,
    at: 1_700_000_000_000,
    alert: {
      id,
      fingerprint: `fp-${id}`,
      status: 'open',
      severity,
      title: 'Something happened',
      rule: {
        id: '11111111-1111-4111-8111-111111111111',
        title: 'Something happened',
        level: severity,
        references: [],
        tags: [],
        falsePositives: [],
      },
      entities: {},
      count: 1,
      firstSeen: 1_700_000_000_000,
      lastSeen: 1_700_000_000_000,
      createdAt: 1_700_000_000_000,
      updatedAt: 1_700_000_000_000,
    },
  };
}
