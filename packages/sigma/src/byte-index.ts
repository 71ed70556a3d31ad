/** A text to be found anywhere in a value; its bytes are folded. */
export interface IndexEntry {
  readonly bytes: Uint8Array;
  readonly entry: number;
}

/** Finds which of many texts stand in a value, in one pass over the value whatever their number. */
export interface ByteIndex {
  /** Calls `found` with the entry of each text that stands in `bytes[0..length)`; more than once where it stands twice. */
  search(bytes: Uint8Array, length: number, found: (entry: number) => void): void;
}

/**
 * Each text is filed under one of its runs of four bytes (two for short texts, one for the shortest): the one that the
 * fewest other texts have. A search slides over the value and looks up each run: first one bit that says whether anything
 * is filed there, so that the common case stays in the nearest cache; what is filed is compared in full.
 */
export function createByteIndex(entries: readonly IndexEntry[], fold: Uint8Array): ByteIndex | undefined {
  if (entries.length === 0) return undefined;
  const tiers = [1, 2, 4].flatMap((width) => {
    const own = entries.filter(({ bytes }) => widthOf(bytes.length) === width);
    return own.length === 0 ? [] : [createTier(own, width)];
  });
  return {
    search(bytes, length, found) {
      for (let index = 0; index < tiers.length; index++) {
        const tier = tiers[index];
        if (tier !== undefined) searchTier(tier, fold, { bytes, length, found });
      }
    },
  };
}

const widthOf = (length: number): number => (length >= 4 ? 4 : length >= 2 ? 2 : 1);

interface Tier {
  /** Length of the runs that texts are filed under. */
  readonly width: number;
  readonly shift: number;
  /** One bit for each hash of a run: whether anything is filed there. */
  readonly filed: Uint32Array;
  /** First text, plus one, under each hash of a run; 0 for none. */
  readonly heads: Int32Array;
  /** The next text, plus one, under the same hash. */
  readonly next: Int32Array;
  readonly runs: Int32Array;
  /** Bytes of the text before and including the run. */
  readonly ends: Int32Array;
  readonly texts: readonly Uint8Array[];
  readonly entries: Int32Array;
}

const multiplier = 0x9e3779b1;

function createTier(entries: readonly IndexEntry[], width: number): Tier {
  const bits = Math.min(18, Math.max(8, Math.ceil(Math.log2(entries.length * 16))));
  const shift = 32 - bits;
  const frequency = countRuns(entries, width);
  const tier: Tier = {
    width,
    shift,
    filed: new Uint32Array((1 << bits) / 32),
    heads: new Int32Array(1 << bits),
    next: new Int32Array(entries.length),
    runs: new Int32Array(entries.length),
    ends: new Int32Array(entries.length),
    texts: entries.map(({ bytes }) => bytes),
    entries: Int32Array.from(entries, ({ entry }) => entry),
  };
  for (const [index, { bytes }] of entries.entries()) {
    const end = rarestRun(bytes, width, frequency);
    const run = runBefore(bytes, end, width);
    const slot = Math.imul(run, multiplier) >>> shift;
    tier.runs[index] = run;
    tier.ends[index] = end;
    tier.next[index] = tier.heads[slot] ?? 0;
    tier.heads[slot] = index + 1;
    tier.filed[slot >>> 5] = (tier.filed[slot >>> 5] ?? 0) | (1 << (slot & 31));
  }
  return tier;
}

/** How many texts have each run, by a hash of the run: an estimate is enough to choose by. */
function countRuns(entries: readonly IndexEntry[], width: number): Uint16Array {
  const frequency = new Uint16Array(1 << 14);
  for (const { bytes } of entries) {
    for (let end = width; end <= bytes.length; end++) {
      const slot = Math.imul(runBefore(bytes, end, width), multiplier) >>> 18;
      const count = frequency[slot] ?? 0;
      if (count < 0xffff) frequency[slot] = count + 1;
    }
  }
  return frequency;
}

function rarestRun(bytes: Uint8Array, width: number, frequency: Uint16Array): number {
  let best = width;
  let fewest = Number.POSITIVE_INFINITY;
  for (let end = width; end <= bytes.length; end++) {
    const count = frequency[Math.imul(runBefore(bytes, end, width), multiplier) >>> 18] ?? 0;
    if (count < fewest) {
      fewest = count;
      best = end;
    }
  }
  return best;
}

function runBefore(bytes: Uint8Array, end: number, width: number): number {
  let run = 0;
  for (let index = end - width; index < end; index++) run = (run << 8) | (bytes[index] ?? 0);
  return run;
}

interface Search {
  readonly bytes: Uint8Array;
  readonly length: number;
  readonly found: (entry: number) => void;
}

function searchTier(tier: Tier, fold: Uint8Array, search: Search): void {
  const { filed, shift, width } = tier;
  const { bytes, length } = search;
  const mask = width === 4 ? -1 : width === 2 ? 0xffff : 0xff;
  let run = 0;
  for (let at = 0; at < length; at++) {
    run = ((run << 8) | (fold[bytes[at] ?? 0] ?? 0)) & mask;
    const slot = Math.imul(run, multiplier) >>> shift;
    if ((((filed[slot >>> 5] ?? 0) >>> (slot & 31)) & 1) !== 0)
      compareFiled(tier, fold, search, { slot, run, end: at + 1 });
  }
}

function compareFiled(
  tier: Tier,
  fold: Uint8Array,
  { bytes, length, found }: Search,
  { slot, run, end }: { readonly slot: number; readonly run: number; readonly end: number },
): void {
  for (let at = tier.heads[slot] ?? 0; at !== 0; ) {
    const index = at - 1;
    at = tier.next[index] ?? 0;
    if (tier.runs[index] !== run) continue;
    const text = tier.texts[index];
    const start = end - (tier.ends[index] ?? 0);
    if (text === undefined || start < 0 || start + text.length > length) continue;
    let same = 0;
    while (same < text.length && fold[bytes[start + same] ?? 0] === text[same]) same++;
    if (same === text.length) found(tier.entries[index] ?? 0);
  }
}
