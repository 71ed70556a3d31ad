/** A text to be found anywhere in a value; its bytes are folded. */
export interface IndexEntry {
  readonly bytes: Uint8Array;
  readonly entry: number;
}

/** Finds which of many texts stand in a value, in time that hardly depends on their number. */
export interface ByteIndex {
  /** Calls `found` with the entry of each text that stands in `bytes[0..length)`; more than once where it stands twice. */
  search(bytes: Uint8Array, length: number, found: (entry: number) => void): void;
}

/**
 * Texts by length. A text has a window of some bytes at as many places in a row as a search steps over, so that it cannot hide
 * between two steps: the longer the texts, the longer the steps.
 */
const classes = [
  { least: 6, window: 3, step: 4 },
  { least: 4, window: 3, step: 2 },
  { least: 3, window: 2, step: 2 },
  { least: 2, window: 2, step: 1 },
  { least: 0, window: 1, step: 1 },
] as const;

/**
 * Each text is filed under the windows of its bytes that the fewest other texts have. A search looks up the window at each of its
 * steps over the value: first one bit that says whether anything is filed there, so that the common case stays in the nearest
 * cache; what is filed is compared in full. `fold` says what a byte of a value is compared as.
 */
export function createByteIndex(entries: readonly IndexEntry[], fold: Uint8Array): ByteIndex | undefined {
  if (entries.length === 0) return undefined;
  const tiers = classes.flatMap((one, index) => {
    const limit = classes[index - 1]?.least ?? Number.POSITIVE_INFINITY;
    const own = entries.filter(({ bytes }) => bytes.length >= one.least && bytes.length < limit);
    return own.length === 0 ? [] : [createTier(own, fold, one)];
  });
  let viewed: Uint8Array | undefined;
  let words = new DataView(new ArrayBuffer(slack));
  return {
    search(bytes, length, found) {
      if (bytes !== viewed) {
        words = withRoom(bytes);
        viewed = bytes;
      }
      for (let index = 0; index < tiers.length; index++) {
        const tier = tiers[index];
        if (tier !== undefined) searchTier(tier, words, { bytes, length, found });
      }
    },
  };
}

/** A word is read where a window starts, also at the end. */
export const slack = 3;

/** The bytes as words: where they lie when there is room after them, else of a copy. */
function withRoom(bytes: Uint8Array): DataView<ArrayBuffer> {
  const { buffer, byteOffset, length } = bytes;
  if (buffer instanceof ArrayBuffer && byteOffset + length + slack <= buffer.byteLength)
    return new DataView(buffer, byteOffset);
  const copy = new Uint8Array(length + slack);
  copy.set(bytes);
  return new DataView(copy.buffer);
}

interface Tier {
  readonly step: number;
  readonly window: number;
  /** Bits that are set make bytes one that are compared as one. That they make others one too costs comparisons, nothing else. */
  readonly same: number;
  /** So shifted that a product does not depend on what is behind the window. */
  readonly multiplier: number;
  readonly shift: number;
  /** One bit for each hash of a window: whether anything is filed there. */
  readonly filed: Uint32Array;
  /** First link, plus one, under each hash of a window; 0 for none. A text has as many links as a step is long. */
  readonly heads: Int32Array;
  /** The next link, plus one, under the same hash. */
  readonly next: Int32Array;
  /** Where in its text the window of a link is. */
  readonly offsets: Int32Array;
  readonly texts: readonly Uint8Array[];
  readonly entries: Int32Array;
  readonly fold: Uint8Array;
}

function createTier(
  entries: readonly IndexEntry[],
  fold: Uint8Array,
  { window, step }: { readonly window: number; readonly step: number },
): Tier {
  const links = entries.length * step;
  const bits = Math.min(18, Math.max(8, Math.ceil(Math.log2(links * 16))));
  const tier: Tier = {
    step,
    window,
    same: fold[0x2f] === 0x2d ? 0x22222222 : 0x20202020,
    multiplier: 0x9e3779b1 << (8 * (4 - window)),
    shift: 32 - bits,
    filed: new Uint32Array((1 << bits) / 32),
    heads: new Int32Array(1 << bits),
    next: new Int32Array(links),
    offsets: new Int32Array(links),
    texts: entries.map(({ bytes }) => bytes),
    entries: Int32Array.from(entries, ({ entry }) => entry),
    fold,
  };
  const frequency = countWindows(tier);
  for (const [index, text] of tier.texts.entries()) {
    const start = rarestWindows(tier, text, frequency);
    for (let place = 0; place < step; place++) {
      const slot = slotAt(tier, text, start + place);
      const link = index * step + place;
      tier.offsets[link] = start + place;
      tier.next[link] = tier.heads[slot] ?? 0;
      tier.heads[slot] = link + 1;
      tier.filed[slot >>> 5] = (tier.filed[slot >>> 5] ?? 0) | (1 << (slot & 31));
    }
  }
  return tier;
}

function slotAt({ same, multiplier, shift }: Tier, text: Uint8Array, start: number): number {
  const word =
    (text[start] ?? 0) |
    ((text[start + 1] ?? 0) << 8) |
    ((text[start + 2] ?? 0) << 16) |
    ((text[start + 3] ?? 0) << 24);
  return Math.imul(word | same, multiplier) >>> shift;
}

/** How many texts have each window, by its hash: an estimate is enough to choose by. */
function countWindows(tier: Tier): Uint16Array {
  const frequency = new Uint16Array(tier.heads.length);
  for (const text of tier.texts) {
    for (let start = 0; start + tier.window <= text.length; start++) {
      const slot = slotAt(tier, text, start);
      const count = frequency[slot] ?? 0;
      if (count < 0xffff) frequency[slot] = count + 1;
    }
  }
  return frequency;
}

/** Where as many windows start as a step is long, which together are the rarest, of texts and of values. */
function rarestWindows(tier: Tier, text: Uint8Array, frequency: Uint16Array): number {
  const { step, window } = tier;
  let best = 0;
  let fewest = Number.POSITIVE_INFINITY;
  for (let start = 0; start + step + window - 1 <= text.length; start++) {
    let sum = 0;
    for (let place = 0; place < step; place++)
      sum += (frequency[slotAt(tier, text, start + place)] ?? 0) + commonness(text, start + place, window);
    if (sum < fewest) {
      fewest = sum;
      best = start;
    }
  }
  return best;
}

/** A guess that is enough to choose by: the frequent letters of English, other letters and digits, the rest. */
function commonness(text: Uint8Array, start: number, window: number): number {
  let product = 1;
  for (let index = start; index < start + window; index++) product *= weights[text[index] ?? 0] ?? 1;
  return product / 4;
}

const weights = Uint8Array.from({ length: 256 }, (_, byte) => {
  const character = String.fromCharCode(byte);
  if ('etaoinsrl'.includes(character)) return 4;
  return /[a-z0-9]/u.test(character) ? 2 : 1;
});

interface Search {
  readonly bytes: Uint8Array;
  readonly length: number;
  readonly found: (entry: number) => void;
}

function searchTier(tier: Tier, words: DataView, search: Search): void {
  const { filed, same, multiplier, shift, step } = tier;
  const last = search.length - tier.window;
  let at = 0;
  // Four windows together: nearly always nothing is filed under any of them.
  for (const lastBlock = last - 3 * step; at <= lastBlock; at += 4 * step) {
    const first = Math.imul(words.getInt32(at, true) | same, multiplier) >>> shift;
    const second = Math.imul(words.getInt32(at + step, true) | same, multiplier) >>> shift;
    const third = Math.imul(words.getInt32(at + 2 * step, true) | same, multiplier) >>> shift;
    const fourth = Math.imul(words.getInt32(at + 3 * step, true) | same, multiplier) >>> shift;
    const found =
      isFiled(filed, first) | isFiled(filed, second) | isFiled(filed, third) | isFiled(filed, fourth);
    if ((found & 1) === 0) continue;
    if ((isFiled(filed, first) & 1) !== 0) compareFiled(tier, search, first, at);
    if ((isFiled(filed, second) & 1) !== 0) compareFiled(tier, search, second, at + step);
    if ((isFiled(filed, third) & 1) !== 0) compareFiled(tier, search, third, at + 2 * step);
    if ((isFiled(filed, fourth) & 1) !== 0) compareFiled(tier, search, fourth, at + 3 * step);
  }
  for (; at <= last; at += step) {
    const slot = Math.imul(words.getInt32(at, true) | same, multiplier) >>> shift;
    if ((isFiled(filed, slot) & 1) !== 0) compareFiled(tier, search, slot, at);
  }
}

/** The lowest bit tells. */
const isFiled = (filed: Uint32Array, slot: number): number => (filed[slot >>> 5] as number) >>> (slot & 31);

function compareFiled(tier: Tier, { bytes, length, found }: Search, slot: number, at: number): void {
  const { heads, next, offsets, texts, entries, fold, step } = tier;
  for (let link = heads[slot] as number; link !== 0; link = next[link - 1] as number) {
    const index = ((link - 1) / step) | 0;
    const text = texts[index] as Uint8Array;
    const start = at - (offsets[link - 1] as number);
    if (start < 0 || start + text.length > length) continue;
    let equal = 0;
    while (equal < text.length && fold[bytes[start + equal] as number] === text[equal]) equal++;
    if (equal === text.length) found(entries[index] as number);
  }
}
