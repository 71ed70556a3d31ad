import { digits } from './scan';

const kindMask: u32 = 15;
const plain: u32 = 1;
/** Digits of the longest number, see `isNumberText` of token-value.ts. */
const maxDigits: u32 = 13;

/** Notes for the rows `from` to `to` of a column of spans whether the value is a text that surely means a number. */
export function noteNumbers(words: usize, shifts: usize, from: u32, to: u32, out: usize): void {
  for (let row = <usize>from; row < <usize>to; row += 1) {
    const word = words + (row << 3);
    const tag = load<u32>(word, 4);
    const is =
      (tag & kindMask) === plain && isNumberText(load<u32>(word) + load<u32>(shifts + (row << 2)), tag >>> 4);
    store<u8>(out + row, is ? 1 : 0);
  }
}

/** Up to 13 decimal digits, or as many in hexadecimal after `0x`. */
function isNumberText(start: usize, length: u32): bool {
  if (length > 2 && (load<u16>(start) | 0x2000) === 0x7830)
    return length - 2 <= maxDigits && areAll(digits(start + 2) | hexLetters(start + 2), length - 2);
  return length > 0 && length <= maxDigits && areAll(digits(start), length);
}

function areAll(marks: i32, length: u32): bool {
  return ctz(~marks) >= <i32>length;
}

/** A bit for each of 16 bytes that is one of the letters a to f. */
function hexLetters(at: usize): i32 {
  const lower = v128.or(v128.load(at), i8x16.splat(0x20));
  return i8x16.bitmask(i8x16.le_u(i8x16.sub(lower, i8x16.splat(0x61)), i8x16.splat(5)));
}
