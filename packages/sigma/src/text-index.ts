/** Where a text must stand in a value. */
export type TextPlace = 'prefix' | 'suffix' | 'contains';

/** Finds which of many texts stand in a value, in one pass over the value whatever their number. */
export interface TextIndex {
  /** Calls `found` with the entry of each text that stands in the value; more than once where it stands twice. */
  search(value: string, found: (entry: number) => void): void;
}

export interface TextEntry {
  readonly text: string;
  readonly place: TextPlace;
  readonly entry: number;
}

/**
 * Each text is filed under one of its runs of four characters (two for short texts): the one that the fewest other
 * texts have. A search slides over the value and looks up each run; what is filed there is compared in full.
 */
export function createTextIndex(entries: readonly TextEntry[]): TextIndex {
  const single = entries.filter(({ text }) => text.length < 2);
  const short = createTier(
    entries.filter(({ text }) => text.length >= 2 && text.length < 4),
    2,
  );
  const long = createTier(
    entries.filter(({ text }) => text.length >= 4),
    4,
  );
  return {
    search(value, found) {
      for (const { text, place, entry } of single) if (stands(text, place, value)) found(entry);
      if (short !== undefined) searchTier(short, value, found);
      if (long !== undefined) searchTier(long, value, found);
    },
  };
}

interface Tier {
  /** Length of the runs that texts are filed under. */
  readonly width: 2 | 4;
  readonly shift: number;
  /** First entry, plus one, under each hash of a run; 0 for none. */
  readonly heads: Int32Array;
  /** The next entry, plus one, under the same hash. */
  readonly next: Int32Array;
  readonly runs: Int32Array;
  /** Characters of the text before and including the run. */
  readonly ends: Int32Array;
  readonly texts: readonly string[];
  readonly places: readonly TextPlace[];
  readonly entries: readonly number[];
}

const multiplier = 0x9e3779b1;

function createTier(entries: readonly TextEntry[], width: 2 | 4): Tier | undefined {
  if (entries.length === 0) return undefined;
  const bits = Math.min(18, Math.max(8, Math.ceil(Math.log2(entries.length * 8))));
  const shift = 32 - bits;
  const frequency = countRuns(entries, width);
  const tier: Tier = {
    width,
    shift,
    heads: new Int32Array(1 << bits),
    next: new Int32Array(entries.length),
    runs: new Int32Array(entries.length),
    ends: new Int32Array(entries.length),
    texts: entries.map(({ text }) => text),
    places: entries.map(({ place }) => place),
    entries: entries.map(({ entry }) => entry),
  };
  for (const [index, { text }] of entries.entries()) {
    const end = rarestRun(text, width, frequency);
    const run = runBefore(text, end, width);
    const slot = Math.imul(run, multiplier) >>> shift;
    tier.runs[index] = run;
    tier.ends[index] = end;
    tier.next[index] = tier.heads[slot] ?? 0;
    tier.heads[slot] = index + 1;
  }
  return tier;
}

/** How many texts have each run, by a hash of the run: an estimate is enough to choose by. */
function countRuns(entries: readonly TextEntry[], width: number): Uint16Array {
  const frequency = new Uint16Array(1 << 14);
  for (const { text } of entries) {
    for (let end = width; end <= text.length; end++) {
      const slot = Math.imul(runBefore(text, end, width), multiplier) >>> 18;
      const count = frequency[slot] ?? 0;
      if (count < 0xffff) frequency[slot] = count + 1;
    }
  }
  return frequency;
}

function rarestRun(text: string, width: number, frequency: Uint16Array): number {
  let best = width;
  let fewest = Number.POSITIVE_INFINITY;
  for (let end = width; end <= text.length; end++) {
    const count = frequency[Math.imul(runBefore(text, end, width), multiplier) >>> 18] ?? 0;
    if (count < fewest) {
      fewest = count;
      best = end;
    }
  }
  return best;
}

/** The last `width` characters before `end` in one number; characters above 255 overlap, which only costs comparisons. */
function runBefore(text: string, end: number, width: number): number {
  let run = 0;
  for (let index = end - width; index < end; index++) run = (run << 8) ^ text.charCodeAt(index);
  return width === 2 ? run & 0xffff : run;
}

function searchTier(tier: Tier, value: string, found: (entry: number) => void): void {
  const { heads, next, runs, shift, width } = tier;
  const mask = width === 2 ? 0xffff : -1;
  const { length } = value;
  let run = 0;
  for (let end = 1; end <= length; end++) {
    run = (run << 8) ^ value.charCodeAt(end - 1);
    if (end < width) continue;
    const key = run & mask;
    let at = heads[Math.imul(key, multiplier) >>> shift] ?? 0;
    while (at !== 0) {
      const index = at - 1;
      if (runs[index] === key && standsAround(tier, index, value, end)) found(tier.entries[index] ?? 0);
      at = next[index] ?? 0;
    }
  }
}

function standsAround(tier: Tier, index: number, value: string, end: number): boolean {
  const start = end - (tier.ends[index] ?? 0);
  const text = tier.texts[index] ?? '';
  if (start < 0) return false;
  const place = tier.places[index];
  if (place === 'prefix' && start !== 0) return false;
  if (place === 'suffix' && start + text.length !== value.length) return false;
  return value.startsWith(text, start);
}

function stands(text: string, place: TextPlace, value: string): boolean {
  if (place === 'prefix') return value.startsWith(text);
  return place === 'suffix' ? value.endsWith(text) : value.includes(text);
}
