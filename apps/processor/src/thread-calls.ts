import type { MessagePort, Worker } from 'node:worker_threads';

/** Calls from one thread to another, with results, errors and aborts, beside other messages on the same port. */
type Call = {
  readonly kind: 'call';
  readonly id: number;
  readonly method: string;
  readonly argument: unknown;
};
type Abort = { readonly kind: 'abort'; readonly id: number };
type Answer =
  | { readonly kind: 'result'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'failure'; readonly id: number; readonly error: Error };

export interface ThreadCaller {
  /** @throws what the method threw there, as a plain `Error`; what {@link ThreadCaller.fail} was given, when the thread is gone. */
  call<T>(method: string, argument?: unknown, signal?: AbortSignal): Promise<T>;
  /** Rejects all calls that wait and all later ones: nobody will answer. */
  fail(error: Error): void;
}

/** For the thread that asks. */
export function createThreadCaller(port: Worker | MessagePort): ThreadCaller {
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  let lastId = 0;
  let gone: Error | undefined;
  port.on('message', (message: Answer) => {
    if (message.kind !== 'result' && message.kind !== 'failure') return;
    const call = waiting.get(message.id);
    waiting.delete(message.id);
    if (message.kind === 'result') call?.resolve(message.value);
    else call?.reject(message.error);
  });
  return {
    async call<T>(method: string, argument?: unknown, signal?: AbortSignal): Promise<T> {
      if (gone) throw gone;
      const id = ++lastId;
      const answer = Promise.withResolvers<unknown>();
      waiting.set(id, answer);
      port.postMessage({ kind: 'call', id, method, argument } satisfies Call);
      const onAbort = () => port.postMessage({ kind: 'abort', id } satisfies Abort);
      if (signal?.aborted) onAbort();
      signal?.addEventListener('abort', onAbort, { once: true });
      try {
        return (await answer.promise) as T;
      } finally {
        signal?.removeEventListener('abort', onAbort);
      }
    },
    fail(error) {
      gone = error;
      for (const { reject } of waiting.values()) reject(error);
      waiting.clear();
    },
  };
}

type Methods = Readonly<Record<string, (argument: never, signal: AbortSignal) => unknown>>;

/** For the thread that answers. */
export function answerThreadCalls(port: MessagePort, methods: Methods): void {
  const aborts = new Map<number, AbortController>();

  async function answer({ id, method, argument }: Call): Promise<Answer> {
    const abort = new AbortController();
    aborts.set(id, abort);
    try {
      const run = Object.hasOwn(methods, method) ? methods[method] : undefined;
      if (!run) throw new Error(`This thread has no method "${method}".`);
      return { kind: 'result', id, value: await run(argument as never, abort.signal) };
    } catch (error) {
      return { kind: 'failure', id, error: error instanceof Error ? error : new Error(String(error)) };
    } finally {
      aborts.delete(id);
    }
  }

  port.on('message', (message: Call | Abort) => {
    if (message.kind === 'abort') aborts.get(message.id)?.abort(new Error('Nobody waits any more.'));
    else if (message.kind === 'call') void answer(message).then((found) => port.postMessage(found));
  });
}
