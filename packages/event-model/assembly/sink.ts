import { openColumn } from './host';
import { beginsWith, Found, findPart } from './pattern';
import { Tokens } from './reader';

/**
 * Gives the fields of a source the tokens of the event that was read last, as `field-spans.ts` does for JavaScript. A sink is told by
 * its head: where the words of each field's column are (0 where no row of the batch has the field), where it stands what was put last
 * for each, the row, its own number; then the number of the event times 512, as a number of eight bytes; then the rows' head, where the
 * clocks stand and how many there are.
 */
const columns = 0;
const latest = 4;
const row = 8;
const name = 12;
const event = 16;

/**
 * A plan: the fields of each node, how many nodes, the fields of nodes with several, the sink, the shape's number within its profile, and
 * how texts are cut. See `ShapePlan`.
 */
const single = 0;
const nodes = 4;
const several = 8;
const sink = 12;
const cutters = 20;

const ranks: f64 = 512;
/** Longer texts have no parts, as alias-part.ts says. */
const maxTextLength: usize = 65_536;
const plain = 1;
/** A node whose values have to be cut. */
const toBeCut = -2;

class Cuts {
  /** Tokens that have to be cut: where they stand in the tokens, in numbers of four bytes. */
  static list: usize = 0;
  static count: i32 = 0;
  /** A token for what was cut out of another. */
  static part: usize = 0;
}

export function useCuts(list: usize, part: usize): void {
  Cuts.list = list;
  Cuts.part = part;
}

export function cuts(): i32 {
  return Cuts.count;
}

/** Begins an event and puts its tokens, but for those that have to be cut. */
export function putTokens(plan: usize): void {
  const to = load<usize>(plan, sink);
  const number = load<f64>(to, event) + ranks;
  store<f64>(to, number, event);
  const fields = load<usize>(plan, single);
  const known = load<i32>(plan, nodes);
  const end = Tokens.filled;
  let count = 0;
  for (let token = Tokens.items; token < end; token += 16) {
    const node = load<i32>(token);
    if (node >= known) continue;
    const target = load<i32>(fields + ((<usize>node) << 2));
    if (target >= 0) put(to, number, target, token);
    else if (target === toBeCut) {
      const cutter = load<usize>(load<usize>(plan, cutters) + ((<usize>node) << 2));
      if (cutter !== 0 && load<i32>(token, 4) === plain) {
        cut(to, number, cutter, token);
        continue;
      }
      store<i32>(Cuts.list + ((<usize>count) << 2), <i32>((token - Tokens.items) >> 2));
      count += 1;
    } else if (target < toBeCut) {
      let at = load<usize>(plan, several) + ((<usize>(-3 - target)) << 2);
      for (let left = load<i32>(at); left > 0; left -= 1) {
        at += 4;
        put(to, number, load<i32>(at), token);
      }
    }
  }
  Cuts.count = count;
}

/** Gives the fields that look at a text what they take of it. */
function cut(to: usize, number: f64, cutter: usize, token: usize): void {
  const shift = Tokens.shift;
  const start = load<usize>(token, 8);
  const end = load<usize>(token, 12);
  // Patterns with the same prefix stand beside each other.
  let prefix: usize = 0;
  let begins = true;
  let at = cutter + 4;
  for (let left = load<u32>(cutter); left > 0; left -= 1, at += 12) {
    const lists = load<usize>(at, 8);
    if (lists === 0) {
      put(to, number, load<i32>(at), token);
      continue;
    }
    if (end - start > maxTextLength) continue;
    const own = load<usize>(at, 4);
    if (own !== prefix) {
      prefix = own;
      begins = own === 0 || beginsWith(own, start + shift, end + shift);
    }
    if (!begins || !findPart(lists, start + shift, end + shift)) continue;
    store<usize>(Cuts.part, Found.start - shift, 8);
    store<usize>(Cuts.part, Found.end - shift, 12);
    store<i32>(Cuts.part, plain, 4);
    put(to, number, load<i32>(at), Cuts.part);
  }
}

/** @param target a field and its rank: `field * 256 + rank` */
function put(to: usize, number: f64, target: i32, token: usize): void {
  const field = <usize>(target >> 8);
  const rank = target & 255;
  const last = load<usize>(to, latest) + (field << 3);
  const known = load<f64>(last);
  if (known >= number && rank > (<i32>(known - number) & 255)) return;
  store<f64>(last, number + rank);
  let words = load<usize>(load<usize>(to, columns) + (field << 2));
  if (words === 0) {
    openColumn(load<i32>(to, name), <i32>field);
    words = load<usize>(load<usize>(to, columns) + (field << 2));
  }
  const at = words + (load<usize>(to, row) << 3);
  const start = load<u32>(token, 8);
  store<u32>(at, start);
  store<u32>(at, ((load<u32>(token, 12) - start) << 4) | load<u32>(token, 4), 4);
}
