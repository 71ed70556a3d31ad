/** A signal that aborts `ms` milliseconds from now with a TimeoutError, or when `parent` does, whichever comes first. Its timer keeps no process alive. */
export function withDeadline(parent: AbortSignal | undefined, ms: number): AbortSignal {
  const deadline = new AbortController();
  const timer = setTimeout(
    () => deadline.abort(new DOMException(`Not done within ${ms} ms.`, 'TimeoutError')),
    ms,
  );
  timer.unref();
  if (!parent) return deadline.signal;
  parent.addEventListener('abort', () => clearTimeout(timer), { once: true, signal: deadline.signal });
  return AbortSignal.any([parent, deadline.signal]);
}

/** Settles as `work` does, or rejects with the signal's reason when that aborts first. The work itself is not stopped: give it the signal too. */
export function raceAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const onAbort = () => reject(signal.reason);
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  return promise;
}
