/** Items for one reader. The writer never waits: it is told when the reader has fallen too far behind. */
export interface BoundedQueue<T> extends AsyncIterableIterator<T> {
  /** False when the queue is full (nothing is added then) or has ended. */
  push(item: T): boolean;
  /** What is queued is still read, then the reader ends. */
  end(): void;
  /** The reader ends at once. */
  return(): Promise<IteratorResult<T>>;
  readonly size: number;
  /** Resolves when the reader has dealt with every item and asks for the next one, or has ended. */
  idle(): Promise<void>;
  [Symbol.asyncIterator](): BoundedQueue<T>;
}

/** @param onEnd called once, when the reader has ended, whichever way. */
export function createBoundedQueue<T>(
  capacity: number,
  onEnd: () => void = () => undefined,
): BoundedQueue<T> {
  const items: T[] = [];
  const readers: ((result: IteratorResult<T>) => void)[] = [];
  const idlers: (() => void)[] = [];
  let ended = false;
  const becomeIdle = (): void => {
    for (const resolve of idlers.splice(0)) resolve();
  };
  const finish = (): void => {
    ended = true;
    for (const reader of readers.splice(0)) reader({ done: true, value: undefined });
    becomeIdle();
    onEnd();
  };
  return {
    get size() {
      return items.length;
    },
    push(item) {
      if (ended) return false;
      const reader = readers.shift();
      if (reader !== undefined) {
        reader({ done: false, value: item });
        return true;
      }
      if (items.length >= capacity) return false;
      items.push(item);
      return true;
    },
    end() {
      if (!ended) finish();
    },
    async next() {
      const item = items.shift();
      if (item !== undefined) return { done: false, value: item };
      if (ended) return { done: true, value: undefined };
      becomeIdle();
      return await new Promise((resolve) => readers.push(resolve));
    },
    async idle() {
      if (ended || readers.length > 0) return;
      await new Promise<void>((resolve) => idlers.push(resolve));
    },
    async return() {
      items.length = 0;
      if (!ended) finish();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
