/**
 * Whether one of some texts stands anywhere in others, in time that grows with their lengths alone and not with how many there are
 * (Aho and Corasick, "Efficient string matching: an aid to bibliographic search", 1975).
 */
export function standsInAny(texts: readonly string[], others: readonly string[]): boolean {
  if (sizeOf(texts) * sizeOf(others) <= littleWork)
    return others.some((other) => texts.some((text) => other.includes(text)));
  const { next, fallback, isEnd } = automatonOf(texts);
  if (isEnd[0] === 1) return others.length > 0;
  for (const other of others) {
    let state = 0;
    for (let at = 0; at < other.length; at += 1) {
      const character = other.charCodeAt(at);
      let to = next.get(edge(state, character));
      while (to === undefined && state !== 0) {
        state = fallback[state] as number;
        to = next.get(edge(state, character));
      }
      state = to ?? 0;
      if (isEnd[state] === 1) return true;
    }
  }
  return false;
}

/** Comparisons of characters that take less time than to make an automaton. */
const littleWork = 65_536;

/** Empty texts count too: each of very many is still compared. */
const sizeOf = (texts: readonly string[]): number => texts.reduce((sum, { length }) => sum + length + 1, 0);

interface Automaton {
  /** The state behind a state and a character. */
  readonly next: ReadonlyMap<number, number>;
  /** Of each state the one of the longest ending of its text that is the beginning of some text. */
  readonly fallback: Uint32Array;
  /** 1 where a text ends, or one of its endings is a text. */
  readonly isEnd: Uint8Array;
}

const edge = (state: number, character: number): number => state * 65_536 + character;

function automatonOf(texts: readonly string[]): Automaton {
  const states = 1 + texts.reduce((sum, { length }) => sum + length, 0);
  const next = new Map<number, number>();
  const fallback = new Uint32Array(states);
  const isEnd = new Uint8Array(states);
  /** Of each state the one before it, and the character between. */
  const before = new Uint32Array(states);
  const through = new Uint16Array(states);
  const depth = new Uint32Array(states);
  let count = 1;
  for (const text of texts) {
    let state = 0;
    for (let at = 0; at < text.length; at += 1) {
      const character = text.charCodeAt(at);
      let to = next.get(edge(state, character));
      if (to === undefined) {
        to = count++;
        next.set(edge(state, character), to);
        before[to] = state;
        through[to] = character;
        depth[to] = at + 1;
      }
      state = to;
    }
    isEnd[state] = 1;
  }
  // By depth: a state's fallback is less deep than it.
  for (const state of byDepth(depth, count)) {
    const parent = before[state] as number;
    const character = through[state] as number;
    let from = parent;
    let to: number | undefined;
    while (from !== 0 && to === undefined) {
      from = fallback[from] as number;
      to = next.get(edge(from, character));
    }
    fallback[state] = to ?? 0;
    if (isEnd[fallback[state] as number] === 1) isEnd[state] = 1;
  }
  return { next, fallback, isEnd };
}

/** All states but the first, the least deep first. */
function byDepth(depth: Uint32Array, count: number): Uint32Array {
  return Uint32Array.from({ length: count - 1 }, (_, index) => index + 1).sort(
    (a, b) => (depth[a] as number) - (depth[b] as number),
  );
}
