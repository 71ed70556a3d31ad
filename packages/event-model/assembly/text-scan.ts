import { findsByNibbles } from './nibble-scan';

/**
 * Looks for many texts in the JSON of events, in any case of their letters. `text-scanner.ts` lays out what is looked for: few texts for a
 * finder that looks at every place (`nibble-scan.ts`); many for a few samplers, of which each looks at some bytes of every so many places,
 * so that no text can hide between them. Of a window less than four bytes count, so that the last ones may be read beyond the end.
 *
 * A scanner is its fold (256 bytes: what a byte is compared as), its members (256 bytes: 1 for a byte that stands in some text), its finder
 * or 0, how many samplers there are, and their numbers one after another.
 */
const fold = 0;
const members = 4;
const finder = 8;
const count = 12;
const first = 16;

/** By hash of a window: 1 where a text is filed there. */
const filed = 0;
/** By hash: its first bundle, where the last one ends at the next hash. */
const heads = 4;
/** Bundles of three numbers: where in its texts the window is, its first text, the one behind its last. */
const bundles = 8;
const step = 12;
/** What words are multiplied by: the product does not depend on what is behind the window. */
const factor = 16;
/** Texts of two numbers: where, and of what length. Those of a bundle are in order, and none is the beginning of another one. */
const texts = 20;
const samplerSize: usize = 24;
const bundleSize: usize = 12;
const textSize: usize = 8;

/** Notes for the rows `from` to `to` whether one of the texts may stand in their events, as it is or with escapes in it. */
export function scanRows(
  scanner: usize,
  shifts: usize,
  starts: usize,
  ends: usize,
  coded: usize,
  from: u32,
  to: u32,
  out: usize,
): void {
  for (let row = <usize>from; row < <usize>to; row += 1) {
    const at = row << 2;
    const shift = load<u32>(shifts + at);
    const start = load<u32>(starts + at) + shift;
    const end = load<u32>(ends + at) + shift;
    const may =
      (load<u32>(coded + at) !== 0 && hidesMember(scanner, start, end)) || holdsAny(scanner, start, end);
    store<u8>(out + row, may ? 1 : 0);
  }
}

/** Whether a byte of some text is written as an escape: where none is, the texts stand as they are or not at all. */
function hidesMember(scanner: usize, start: usize, end: usize): bool {
  const isMember = load<usize>(scanner, members);
  for (let at = start; at < end; ) {
    const backslashes = i8x16.bitmask(i8x16.eq(v128.load(at), i8x16.splat(0x5c)));
    if (backslashes === 0) {
      at += 16;
      continue;
    }
    at += <usize>ctz(backslashes);
    if (at >= end) return false;
    const letter = <usize>load<u8>(at, 1);
    const byte = letter === 0x75 ? hidden(at + 2) : letter;
    if (byte === 0x2f || letter === 0x75) if (load<u8>(isMember + byte) !== 0) return true;
    at += 2;
  }
  return false;
}

/** The ASCII character that four hexadecimal digits mean; 0 for another one. */
function hidden(digits: usize): usize {
  if (load<u16>(digits) !== 0x3030) return 0;
  const high = digitOf(load<u8>(digits, 2));
  return high > 7 ? 0 : (high << 4) | digitOf(load<u8>(digits, 3));
}

function digitOf(byte: u32): usize {
  return byte <= 0x39 ? byte & 15 : (byte & 15) + 9;
}

function holdsAny(scanner: usize, start: usize, end: usize): bool {
  const every = load<usize>(scanner, finder);
  if (every !== 0 && findsByNibbles(every, load<usize>(scanner, fold), start, end)) return true;
  let sampler = scanner + first;
  for (let left = load<u32>(scanner, count); left > 0; left -= 1, sampler += samplerSize)
    if (samples(sampler, load<usize>(scanner, fold), start, end)) return true;
  return false;
}

function samples(sampler: usize, folding: usize, start: usize, end: usize): bool {
  const stride = load<usize>(sampler, step);
  const block = 4 * stride;
  const last = end - 3 * stride - 4;
  let at = nextFiled(sampler, stride, start, last);
  for (; at <= last; at = nextFiled(sampler, stride, at, last)) {
    for (const behind = at + block; at < behind; at += stride)
      if (stands(sampler, folding, at, start, end)) return true;
  }
  for (; at + 2 <= end; at += stride) if (stands(sampler, folding, at, start, end)) return true;
  return false;
}

/** From `at` on, the first four windows of which one is filed, or behind `last`. It holds nothing else, so that all of it is in registers. */
function nextFiled(sampler: usize, stride: usize, at: usize, last: usize): usize {
  const table = load<usize>(sampler, filed);
  const by = load<u32>(sampler, factor);
  const twice = 2 * stride;
  const thrice = 3 * stride;
  for (const block = 4 * stride; at <= last; at += block) {
    const one = load<u8>(table + slotOf(load<u32>(at), by));
    const two = load<u8>(table + slotOf(load<u32>(at + stride), by));
    const three = load<u8>(table + slotOf(load<u32>(at + twice), by));
    const four = load<u8>(table + slotOf(load<u32>(at + thrice), by));
    if ((one | two | three | four) !== 0) break;
  }
  return at;
}

/** A hash of 13 bits. The bit that tells the cases of a letter apart is set; that it is set for other bytes too costs comparisons. */
function slotOf(word: u32, by: u32): usize {
  return <usize>(((word | 0x20202020) * by) >>> 19);
}

/** Whether a text stands where the window at `at` is one of its own. */
function stands(sampler: usize, folding: usize, at: usize, start: usize, end: usize): bool {
  const slot = slotOf(load<u32>(at), load<u32>(sampler, factor));
  const head = load<usize>(sampler, heads) + (slot << 2);
  const list = load<usize>(sampler, bundles);
  const last = list + <usize>load<u32>(head, 4) * bundleSize;
  for (let bundle = list + <usize>load<u32>(head) * bundleSize; bundle < last; bundle += bundleSize) {
    const from = at - load<usize>(bundle);
    if (from >= start && holdsOne(sampler, folding, bundle, from, end)) return true;
  }
  return false;
}

/** Whether a text of a bundle stands at `from`: many may begin alike, so that it is looked for by halves. */
function holdsOne(sampler: usize, folding: usize, bundle: usize, from: usize, end: usize): bool {
  const list = load<usize>(sampler, texts);
  let low = load<u32>(bundle, 4);
  let high = load<u32>(bundle, 8);
  while (low < high) {
    const middle = (low + high) >>> 1;
    const text = list + <usize>middle * textSize;
    const order = compare(folding, load<usize>(text), load<usize>(text, 4), from, end);
    if (order === 0) return true;
    if (order < 0) low = middle + 1;
    else high = middle;
  }
  return false;
}

/** How a text compares to what stands at `from`: 0 where it stands there, below 0 where it is before that in order. */
function compare(folding: usize, text: usize, length: usize, from: usize, end: usize): i32 {
  const there = min(length, end - from);
  for (let index: usize = 0; index < there; index += 1) {
    const order = <i32>load<u8>(text + index) - <i32>load<u8>(folding + <usize>load<u8>(from + index));
    if (order !== 0) return order;
  }
  return there < length ? 1 : 0;
}
