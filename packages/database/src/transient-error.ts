/** SQLSTATE classes and codes after which the same statement may well succeed: the server went away, or it asks to try again. */
const transientStates = /^(08|57P0[1235]|40001|40P01|53[0-9A-Z]{3}|55P03|25P03|57014$)/;
/** Prisma's codes: cannot reach, connect timeout, closed, pool timeout, write conflict. */
const transientPrismaCodes = new Set([
  'P1001',
  'P1002',
  'P1008',
  'P1017',
  'P2024',
  'P2028',
  'P2034',
  'P2037',
]);
const transientSystemCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
]);
const transientKinds = new Set([
  'DatabaseNotReachable',
  'ConnectionClosed',
  'SocketTimeout',
  'TooManyConnections',
  'TransactionWriteConflict',
]);
const transientMessages =
  /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|the database system is (starting up|shutting down|in recovery mode)|Server has closed the connection/;

/**
 * True when PostgreSQL was away, restarting, full, or broke a tie between transactions: trying the same again later may work.
 * Total: any value may be asked about. Looks through `cause`, also of Prisma's errors.
 */
export function isTransientDatabaseError(error: unknown): boolean {
  // Bounded, since a chain of causes may be a ring.
  let current = error;
  for (let depth = 0; depth < 8 && typeof current === 'object' && current !== null; depth++) {
    if (isTransient(current as ErrorLike)) return true;
    current = (current as ErrorLike).meta?.driverAdapterError ?? (current as ErrorLike).cause;
  }
  return false;
}

interface ErrorLike {
  readonly code?: unknown;
  readonly originalCode?: unknown;
  readonly kind?: unknown;
  readonly message?: unknown;
  readonly cause?: unknown;
  readonly meta?: { driverAdapterError?: unknown } | undefined;
  readonly errors?: readonly unknown[];
}

function isTransient(error: ErrorLike): boolean {
  for (const code of [error.code, error.originalCode]) {
    if (typeof code !== 'string') continue;
    if (transientSystemCodes.has(code) || transientPrismaCodes.has(code)) return true;
    if (/^[0-9A-Z]{5}$/.test(code) && transientStates.test(code)) return true;
  }
  if (typeof error.kind === 'string' && transientKinds.has(error.kind)) return true;
  // Node reports a refused connection to a name with several addresses as one AggregateError.
  if (Array.isArray(error.errors) && error.errors.some((one) => isTransientDatabaseError(one))) return true;
  return typeof error.message === 'string' && transientMessages.test(error.message);
}
