import { type AlertStatus, alertStatuses } from '@parapet/event-model';
import { expect, test } from 'vitest';
import { type Alert, nextAlertState } from './alert-state.ts';
import { allowedTransitions, changeStatus } from './status-change.ts';
import { aFinding } from './testing/a-finding.ts';

const alert = nextAlertState(undefined, [aFinding()], 1000)?.alert as Alert;
const ask = (from: AlertStatus, status: AlertStatus, comment: string | null = null) =>
  changeStatus({ ...alert, status }, { status: from, comment, by: 'bob' }, 2000);

test.each(alertStatuses.flatMap((from) => alertStatuses.map((to) => [from, to] as const)))(
  'from %s to %s',
  (from, to) => {
    const result = ask(to, from);
    if (from === to) expect(result.kind).toBe('same');
    else expect(result.kind).toBe(allowedTransitions[from].includes(to) ? 'changed' : 'refused');
  },
);

test('who, when and why are kept', () => {
  expect(ask('acknowledged', 'open', 'looking')).toMatchObject({
    kind: 'changed',
    alert: {
      status: 'acknowledged',
      acknowledgedAt: 2000,
      resolvedAt: null,
      statusBy: 'bob',
      statusComment: 'looking',
      updatedAt: 2000,
    },
  });
  expect(ask('resolved', 'acknowledged')).toMatchObject({ alert: { resolvedAt: 2000 } });
  expect(ask('open', 'resolved')).toMatchObject({ alert: { acknowledgedAt: null, resolvedAt: null } });
});

test('what cannot be is refused with what can', () => {
  expect(ask('acknowledged', 'resolved')).toEqual({
    kind: 'refused',
    code: 'TRANSITION_NOT_ALLOWED',
    message: 'A resolved alert cannot become acknowledged; it can become open.',
  });
  expect(changeStatus(undefined, { status: 'open', comment: null, by: 'bob' }, 1)).toMatchObject({
    code: 'ALERT_NOT_FOUND',
  });
  expect(ask('resolved', 'open', 'x'.repeat(2001))).toMatchObject({ code: 'INVALID_COMMENT' });
});
