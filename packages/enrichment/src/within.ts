/** What came of a promise within a time: its value, or that it was late. A rejection passes through. */
export type Timely<T> = { readonly kind: 'done'; readonly value: T } | { readonly kind: 'late' };

/** Waits at most `ms` milliseconds; the promise itself goes on, and its later failure is nobody's. */
export async function within<T>(promise: Promise<T>, ms: number): Promise<Timely<T>> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Timely<T>>((resolve) => {
    timer = setTimeout(() => resolve({ kind: 'late' }), ms);
  });
  promise.catch(() => undefined);
  try {
    return await Promise.race([promise.then((value): Timely<T> => ({ kind: 'done', value })), late]);
  } finally {
    clearTimeout(timer);
  }
}
