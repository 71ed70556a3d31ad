/** Remembers an answer per combination of numbers; forgets everything when it is full. */
export interface CombinationCache<T> {
  get(combination: Uint32Array): T | undefined;
  set(combination: Uint32Array, answer: T): void;
  clear(): void;
}

const firstCapacity = 16;

/** For combinations of `width` numbers, `maxNumbers` in all. Open addressing, at most half full. */
export function createCombinationCache<T>(width: number, maxNumbers: number): CombinationCache<T> {
  const maxCapacity = Math.max(firstCapacity, 2 ** Math.floor(Math.log2(maxNumbers / Math.max(1, width))));
  let capacity = firstCapacity;
  let keys = new Uint32Array(capacity * width);
  let answers: (T | undefined)[] = new Array(capacity);
  let size = 0;

  const reset = (next: number): void => {
    capacity = next;
    keys = new Uint32Array(capacity * width);
    answers = new Array(capacity);
    size = 0;
  };
  /** The slot that holds the combination, or the free one where it belongs. */
  const slotOf = (combination: Uint32Array): number => {
    let hash = 0x811c9dc5;
    for (let index = 0; index < width; index++)
      hash = Math.imul(hash ^ (combination[index] ?? 0), 0x01000193) ^ (hash >>> 15);
    hash ^= hash >>> 16;
    let slot = Math.imul(hash, 0x85ebca6b) >>> 0;
    for (;;) {
      slot &= capacity - 1;
      if (answers[slot] === undefined || sameAt(slot * width, combination)) return slot;
      slot++;
    }
  };
  const sameAt = (start: number, combination: Uint32Array): boolean => {
    for (let index = 0; index < width; index++) if (keys[start + index] !== combination[index]) return false;
    return true;
  };
  const grow = (): void => {
    const [oldKeys, oldAnswers] = [keys, answers];
    reset(capacity * 2);
    for (const [slot, answer] of oldAnswers.entries()) {
      if (answer !== undefined) put(oldKeys.subarray(slot * width, (slot + 1) * width), answer);
    }
  };
  const put = (combination: Uint32Array, answer: T): void => {
    const slot = slotOf(combination);
    if (answers[slot] === undefined) size++;
    keys.set(combination, slot * width);
    answers[slot] = answer;
  };

  return {
    get: (combination) => answers[slotOf(combination)],
    set(combination, answer) {
      if (size * 2 >= capacity) {
        if (capacity < maxCapacity) grow();
        else reset(firstCapacity);
      }
      put(combination, answer);
    },
    clear() {
      reset(firstCapacity);
    },
  };
}
