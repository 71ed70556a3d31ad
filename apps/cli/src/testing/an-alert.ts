import type { Alert } from '../api/alert.ts';

/** An alert for tests: any, but for what the test says. */
export const anAlert = (changes: Partial<Alert> = {}): Alert => ({
  id: 'alert-1',
  status: 'open',
  severity: 'high',
  title: 'A shell was started',
  count: 1,
  firstSeen: '2026-01-15T09:30:00.000Z',
  lastSeen: '2026-01-15T09:30:00.000Z',
  receivedAt: '2026-01-15T09:30:01.000Z',
  rule: { id: 'rule-1', title: 'A shell was started', author: 'Parapet', license: null, tags: [] },
  techniques: [{ id: 'T1059', name: null }],
  entities: {
    host: 'web01',
    user: 'www-data',
    sourceAddress: null,
    destinationAddress: null,
    account: null,
    process: null,
  },
  asset: null,
  ...changes,
});
