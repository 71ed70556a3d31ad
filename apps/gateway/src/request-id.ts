import { randomUUID } from 'node:crypto';

export const requestIdHeader = 'x-request-id';

/** The caller's request id when it is safe to log and to send on (1 to 128 letters, digits, `.`, `_`, `-`), else a new one. */
export function toRequestId(given: unknown, newId: () => string = randomUUID): string {
  return typeof given === 'string' && /^[A-Za-z0-9._-]{1,128}$/.test(given) ? given : newId();
}
