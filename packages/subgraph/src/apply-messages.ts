/**
 * Applies messages in one go. When PostgreSQL refuses the data itself (and not for being away, full, or unprepared), the messages
 * are halved until the one that it refuses stands alone; that one is handed to `onRefused` and left out, so that it does not
 * stop all others for ever. `apply` must change nothing when it rejects.
 * @throws every other error of `apply`: the same messages are to be tried again later.
 */
export async function applyMessages<T>(
  messages: readonly T[],
  apply: (messages: readonly T[]) => Promise<void>,
  onRefused: (message: T, error: unknown) => void,
): Promise<void> {
  if (messages.length === 0) return;
  try {
    await apply(messages);
  } catch (error) {
    if (!isDataRefusal(error)) throw error;
    const [only] = messages;
    if (messages.length === 1 && only !== undefined) return onRefused(only, error);
    const middle = Math.ceil(messages.length / 2);
    await applyMessages(messages.slice(0, middle), apply, onRefused);
    await applyMessages(messages.slice(middle), apply, onRefused);
  }
}

interface ErrorLike {
  readonly code?: unknown;
  readonly originalCode?: unknown;
  readonly cause?: unknown;
  readonly meta?: { readonly code?: unknown; readonly driverAdapterError?: unknown };
}

/** SQLSTATE classes of data exceptions, integrity violations, and limits such as the size of an index entry. */
const dataRefusal = /^(22|23|54)[0-9A-Z]{3}$/;

function isDataRefusal(error: unknown): boolean {
  // Bounded, since a chain of causes may be a ring.
  let current = error;
  for (let depth = 0; depth < 8 && typeof current === 'object' && current !== null; depth++) {
    const { code, originalCode, meta, cause } = current as ErrorLike;
    for (const state of [code, originalCode, meta?.code]) {
      if (typeof state === 'string' && dataRefusal.test(state)) return true;
    }
    current = meta?.driverAdapterError ?? cause;
  }
  return false;
}
