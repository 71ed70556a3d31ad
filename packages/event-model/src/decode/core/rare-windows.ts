/** The windows of some texts by which a sampler of `assembly/text-scan.ts` finds them. */
export interface SamplerPlan {
  readonly texts: readonly Uint8Array[];
  /** A sampler looks at a window every so many places; each text has so many windows in a row. */
  readonly step: number;
  /** What windows are multiplied by. */
  readonly factor: number;
  /** Of each text, where the first of its windows in a row starts. */
  readonly starts: readonly number[];
  /** How many windows of the sample have the hash of one of them, were one looked at at each place. */
  readonly met: number;
}

/** Hashes of windows, of 13 bits: a table of them stays in the nearest cache. */
export const slots = 1 << 13;

/** Windows of three bytes start at one of any four places of texts this long; shorter ones have windows of two. */
const longText = 6;
const maxStep = 8;

/** What windows are multiplied by, one or another: that one under which the fewest windows of events have the hash of a text's. */
const factors = [0x9e3779b1, 0x85ebca6b, 0xc2b2ae35, 0x27d4eb2f];

/** Samplers that find all of the texts, with the windows that are met least among the events of a sample. */
export function planSamplers(
  texts: readonly Uint8Array[],
  sample: readonly Uint8Array[],
): readonly SamplerPlan[] {
  const long = texts.filter(({ length }) => length >= longText);
  const short = texts.filter(({ length }) => length < longText);
  return [
    ...(long.length === 0 ? [] : [rarestPlan(long, 3, sample)]),
    ...(short.length === 0 ? [] : [rarestPlan(short, 2, sample)]),
  ];
}

function rarestPlan(
  texts: readonly Uint8Array[],
  windowBytes: number,
  sample: readonly Uint8Array[],
): SamplerPlan {
  const step = Math.min(maxStep, ...texts.map((text) => text.length - windowBytes + 1));
  return factors
    .map((odd) => rarestWindows(texts, { step, windowBytes, odd }, sample))
    .reduce((best, other) => (other.met < best.met ? other : best));
}

/** As the core has it: the bit that tells the cases of a letter apart is set. What is behind the window does not count. */
export function slotOf(text: Uint8Array, offset: number, factor: number): number {
  const word = (text[offset] ?? 0) | ((text[offset + 1] ?? 0) << 8) | ((text[offset + 2] ?? 0) << 16);
  return Math.imul(word | 0x20202020, factor) >>> 19;
}

/** The windows of texts that are met least among the events of a sample. */
function rarestWindows(
  texts: readonly Uint8Array[],
  { step, windowBytes, odd }: { readonly step: number; readonly windowBytes: number; readonly odd: number },
  sample: readonly Uint8Array[],
): SamplerPlan {
  const factor = (odd << (8 * (4 - windowBytes))) >>> 0;
  const counts = new Uint32Array(slots);
  for (const bytes of sample) {
    for (let at = 0; at + 4 <= bytes.length; at += 1) {
      const slot = slotOf(bytes, at, factor);
      counts[slot] = (counts[slot] as number) + 1;
    }
  }
  const filed = new Set<number>();
  const starts = texts.map((text) => {
    const windows = new Uint16Array(text.length);
    for (let at = 0; at < text.length; at += 1) windows[at] = slotOf(text, at, factor);
    const metAt = (at: number): number => counts[windows[at] as number] as number;
    let met = 0;
    for (let at = 0; at < step; at += 1) met += metAt(at);
    let best = 0;
    let least = met;
    for (let start = 1; start + step + windowBytes - 1 <= text.length; start += 1) {
      met += metAt(start + step - 1) - metAt(start - 1);
      if (met >= least) continue;
      least = met;
      best = start;
    }
    for (const slot of windows.subarray(best, best + step)) filed.add(slot);
    return best;
  });
  let met = 0;
  for (const slot of filed) met += counts[slot] as number;
  return { texts, step, factor, starts, met };
}
