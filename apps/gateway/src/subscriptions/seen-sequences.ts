/** Remembers the last `capacity` sequence numbers; what is older than all of them counts as seen. */
export function createSeenSequences(capacity: number): { add(sequence: number): boolean } {
  const seen = new Set<number>();
  let forgotten = 0;
  return {
    /** False when the number was seen before. */
    add(sequence) {
      if (sequence <= forgotten || seen.has(sequence)) return false;
      seen.add(sequence);
      if (seen.size > capacity) {
        const [oldest] = seen;
        if (oldest !== undefined) {
          seen.delete(oldest);
          forgotten = Math.max(forgotten, oldest);
        }
      }
      return true;
    },
  };
}
