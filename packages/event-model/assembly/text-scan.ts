import { isText } from './folded-text';
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
/** By hash: the first link plus one. */
const heads = 4;
/** Links of four numbers: the text, its length, where in it the window is, the next link plus one. */
const links = 8;
const step = 12;
/** What words are multiplied by: the product does not depend on what is behind the window. */
const factor = 16;
const samplerSize: usize = 20;
const linkSize: usize = 16;

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
  const list = load<usize>(sampler, links);
  const slot = slotOf(load<u32>(at), load<u32>(sampler, factor));
  let link = load<u32>(load<usize>(sampler, heads) + (slot << 2));
  while (link !== 0) {
    const place = list + (<usize>link - 1) * linkSize;
    const length = load<usize>(place, 4);
    const from = at - load<usize>(place, 8);
    if (from >= start && from + length <= end && isText(folding, load<usize>(place), from, length))
      return true;
    link = load<u32>(place, 12);
  }
  return false;
}
