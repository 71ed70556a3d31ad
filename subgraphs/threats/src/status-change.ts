import type { AlertStatus } from '@parapet/event-model';
import type { Alert } from './alert-state.ts';

/** Where the work on an alert may go from each status. */
export const allowedTransitions: Readonly<Record<AlertStatus, readonly AlertStatus[]>> = {
  open: ['acknowledged', 'resolved'],
  acknowledged: ['resolved', 'open'],
  resolved: ['open'],
};

export type StatusErrorCode = 'ALERT_NOT_FOUND' | 'TRANSITION_NOT_ALLOWED' | 'INVALID_COMMENT';

export type StatusChange =
  | { readonly kind: 'changed'; readonly alert: Alert }
  | { readonly kind: 'same'; readonly alert: Alert }
  | { readonly kind: 'refused'; readonly code: StatusErrorCode; readonly message: string };

export interface StatusRequest {
  readonly status: AlertStatus;
  readonly comment: string | null;
  /** Who asks. */
  readonly by: string;
}

const maxCommentLength = 2000;

/** The alert with the status asked for, or why not. Asking for the status it has changes nothing, so that a retry is safe. */
export function changeStatus(alert: Alert | undefined, request: StatusRequest, now: number): StatusChange {
  if (request.comment !== null && request.comment.length > maxCommentLength) {
    return {
      kind: 'refused',
      code: 'INVALID_COMMENT',
      message: `A comment may be at most ${maxCommentLength} characters long.`,
    };
  }
  if (!alert) return { kind: 'refused', code: 'ALERT_NOT_FOUND', message: 'There is no alert with this id.' };
  if (alert.status === request.status) return { kind: 'same', alert };
  const allowed = allowedTransitions[alert.status];
  if (!allowed.includes(request.status)) {
    return {
      kind: 'refused',
      code: 'TRANSITION_NOT_ALLOWED',
      message: `A ${alert.status} alert cannot become ${request.status}; it can become ${allowed.join(' or ')}.`,
    };
  }
  return {
    kind: 'changed',
    alert: {
      ...alert,
      status: request.status,
      acknowledgedAt:
        request.status === 'acknowledged' ? now : request.status === 'open' ? null : alert.acknowledgedAt,
      resolvedAt: request.status === 'resolved' ? now : null,
      statusBy: request.by,
      statusComment: request.comment,
      updatedAt: now,
      announcedAt: now,
      pendingSince: null,
    },
  };
}
