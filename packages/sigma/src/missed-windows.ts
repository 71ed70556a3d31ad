/**
 * Counts where a sampler met a needle's window in vain: a window that events have often without the needle costs a comparison each time,
 * and another window of the same needle may be rarer.
 */
export interface MissedWindows {
  /** A window was met and no needle stood there. */
  miss(window: number): void;
  /** Begins a document. True when windows should be chosen anew, by `countOf`. */
  begin(): boolean;
  countOf(window: number): number;
}

/** Documents after which misses are looked at, and how many of them may have one. */
const reviewed = 256;
const tolerated = reviewed / 8;
/** Windows are chosen so often at most: where none is rare it does not help. */
const maxChoices = 16;

export function createMissedWindows(): MissedWindows {
  const counts = new Map<number, number>();
  let documents = 0;
  let misses = 0;
  let choices = 0;
  return {
    miss(window) {
      misses++;
      if (choices < maxChoices) counts.set(window, (counts.get(window) ?? 0) + 1);
    },
    begin() {
      documents++;
      if (documents < reviewed) return false;
      const isDue = misses > tolerated && choices < maxChoices;
      if (isDue) choices++;
      documents = 0;
      misses = 0;
      return isDue;
    },
    countOf: (window) => counts.get(window) ?? 0,
  };
}

/**
 * The first of `count` places in a row that together are the rarest, of the `places` that a needle has.
 * @param weightOf how common the window at a place is
 */
export function rarestPlaces(places: number, count: number, weightOf: (place: number) => number): number {
  let best = 0;
  let least = Number.POSITIVE_INFINITY;
  for (let start = 0; start + count <= places; start++) {
    let sum = 0;
    for (let place = start; place < start + count; place++) sum += weightOf(place);
    if (sum < least) {
      least = sum;
      best = start;
    }
  }
  return best;
}

/** What one miss weighs, beside the guesses that windows are first chosen by: more than any of them. */
export const missWeight = 128;
