/** Puts results of files that are read side by side back into the order of files, in bounded memory. */
export interface OrderedResults<T> {
  /** Waits until there is room, then enters the next result of a file; it may still be under way. */
  add(file: number, result: Promise<T>): Promise<void>;
  /** Says that a file has no more results. */
  end(file: number): void;
  /** Everything, file by file, in the order in which it was entered. To be taken once. */
  all(files: number): AsyncGenerator<{ readonly file: number; readonly result: T }, void, void>;
}

/**
 * At most `limit` results wait. The file whose turn it is may always enter some, so that it cannot be kept waiting by those
 * that come after it.
 */
export function createOrderedResults<T>(limit: number): OrderedResults<T> {
  const queues = new Map<number, { readonly results: Promise<T>[]; ended: boolean }>();
  let turn = 0;
  let waiting = 0;
  let changed = Promise.withResolvers<void>();

  const queueOf = (file: number) => {
    const queue = queues.get(file) ?? { results: [], ended: false };
    queues.set(file, queue);
    return queue;
  };
  const tell = (): void => {
    changed.resolve();
    changed = Promise.withResolvers();
  };
  const hasRoom = (file: number): boolean =>
    file === turn ? queueOf(file).results.length < limit : waiting < limit;

  return {
    async add(file, result) {
      result.catch(() => undefined);
      while (!hasRoom(file)) await changed.promise;
      queueOf(file).results.push(result);
      waiting += 1;
      tell();
    },
    end(file) {
      queueOf(file).ended = true;
      tell();
    },
    async *all(files) {
      for (; turn < files; turn += 1, tell()) {
        const queue = queueOf(turn);
        while (queue.results.length > 0 || !queue.ended) {
          const [next] = queue.results;
          if (next === undefined) {
            await changed.promise;
            continue;
          }
          const result = await next;
          queue.results.shift();
          waiting -= 1;
          tell();
          yield { file: turn, result };
        }
        queues.delete(turn);
      }
    },
  };
}
