/**
 * Looks for some texts at every place, sixteen at a time, by the low halves of three bytes in a row: a vector says of each half in which of
 * eight groups of texts such a byte stands first, another where it stands second, a third where third. Where the three have a group in
 * common one of its texts may stand. The low half of a letter is the same in both cases. (After Teddy of Hyperscan, "Hyperscan: A Fast
 * Multi-pattern Regex Matcher for Modern CPUs", NSDI 2019, section 4; `nibble-groups.ts` groups texts.)
 *
 * A finder is the three vectors, where the group's texts begin (nine words), and the texts: where, of what length, and where in it the three
 * bytes are.
 */
const vectors = 0;
const groups = 4;
const entries = 8;
const entrySize: usize = 12;
/** Bytes looked at together: 80 are read. */
const block: usize = 64;

export function findsByNibbles(finder: usize, folding: usize, start: usize, end: usize): bool {
  const masks = load<usize>(finder, vectors);
  for (let at = nextMarked(masks, start, end); at < end; at = nextMarked(masks, at + block, end)) {
    for (let part = at; part < at + block; part += 16) {
      let marked = markedPlaces(masks, part);
      for (; marked !== 0; marked &= marked - 1)
        if (stands(finder, folding, part + <usize>ctz(marked), start, end)) return true;
    }
  }
  return false;
}

/** From `at` on, the first 64 places of which one is marked, or behind the end. It holds nothing else, so that all of it is in registers. */
function nextMarked(masks: usize, at: usize, end: usize): usize {
  const first = v128.load(masks);
  const second = v128.load(masks, 16);
  const third = v128.load(masks, 32);
  const low = i8x16.splat(15);
  let one = v128.and(v128.load(at), low);
  for (; at < end; at += block) {
    const two = v128.and(v128.load(at, 16), low);
    const three = v128.and(v128.load(at, 32), low);
    const four = v128.and(v128.load(at, 48), low);
    const behind = v128.and(v128.load(at, 64), low);
    const marks = v128.or(
      v128.or(marksOf(first, second, third, one, two), marksOf(first, second, third, two, three)),
      v128.or(marksOf(first, second, third, three, four), marksOf(first, second, third, four, behind)),
    );
    if (v128.any_true(marks)) break;
    one = behind;
  }
  return at;
}

/** For sixteen places the groups, a bit each, of which a text may stand there: of the low halves there and behind. */
function marksOf(first: v128, second: v128, third: v128, here: v128, behind: v128): v128 {
  const next = v128.shuffle<i8>(here, behind, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16);
  const afterNext = v128.shuffle<i8>(here, behind, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17);
  // Halves are less than 16, for which the relaxed look-up is defined.
  return v128.and(
    v128.and(i8x16.relaxed_swizzle(first, here), i8x16.relaxed_swizzle(second, next)),
    i8x16.relaxed_swizzle(third, afterNext),
  );
}

/** The marked ones of sixteen places, a bit each. */
function markedPlaces(masks: usize, at: usize): u32 {
  const low = i8x16.splat(15);
  const marks = marksOf(
    v128.load(masks),
    v128.load(masks, 16),
    v128.load(masks, 32),
    v128.and(v128.load(at), low),
    v128.and(v128.load(at, 16), low),
  );
  return i8x16.bitmask(i8x16.ne(marks, i8x16.splat(0)));
}

/** Whether a text of the groups that the place is marked by stands there. */
function stands(finder: usize, folding: usize, at: usize, start: usize, end: usize): bool {
  const masks = load<usize>(finder, vectors);
  const starts = load<usize>(finder, groups);
  const list = load<usize>(finder, entries);
  let marks =
    <u32>load<u8>(masks + <usize>(load<u8>(at) & 15)) &
    <u32>load<u8>(masks + <usize>(load<u8>(at, 1) & 15), 16) &
    <u32>load<u8>(masks + <usize>(load<u8>(at, 2) & 15), 32);
  for (; marks !== 0; marks &= marks - 1) {
    const group = starts + ((<usize>ctz(marks)) << 2);
    const last = list + <usize>load<u32>(group, 4) * entrySize;
    for (let entry = list + <usize>load<u32>(group) * entrySize; entry < last; entry += entrySize) {
      const length = load<usize>(entry, 4);
      const from = at - load<usize>(entry, 8);
      if (from >= start && from + length <= end && isText(folding, load<usize>(entry), from, length))
        return true;
    }
  }
  return false;
}

/** Whether a text stands at a place, in any case of its letters. `folding` says of each byte what it is compared as. */
export function isText(folding: usize, text: usize, from: usize, length: usize): bool {
  for (let index: usize = 0; index < length; index += 1)
    if (load<u8>(folding + <usize>load<u8>(from + index)) !== load<u8>(text + index)) return false;
  return true;
}
