import { codeOfToken } from './dictionary';
import { answerOf, verdictOf } from './host';
import { Tokens } from './reader';

/**
 * Which shape an event is of, from the values at the places that the profiles' tests look at: what a value answers is remembered by its
 * code, and the verdict by the sequence of answers. `recognize-source.ts` asks the tests.
 */
class Places {
  /** By node: the number of its place, -1 where no test looks. */
  static ofNode: usize = 0;
  /** Of each place: the head of its dictionary, 0 where it is only asked whether there is a value; the answers by code, plus 1; how many. */
  static heads: usize = 0;
  /** The answers of the event that was read last. */
  static sequence: usize = 0;
  /** Verdicts: how many answers, the shape plus 1, and the answers. */
  static verdicts: usize = 0;
}

const maxSequence = 29;
/** Bytes of a verdict. */
const verdictSize: usize = 128;
const verdictMask = 511;
const answerBits = 12;
const isNull = 6;
const object = 7;
const kindMask = 15;
/** An event that cannot be recognised here. */
export const unsure: i32 = -2;

export function usePlaces(ofNode: usize, heads: usize, sequence: usize, verdicts: usize): void {
  Places.ofNode = ofNode;
  Places.heads = heads;
  Places.sequence = sequence;
  Places.verdicts = verdicts;
}

/**
 * The shape of the event that was read last, counted over all profiles; -1 when no profile knows it, `unsure` when it has to be asked
 * the slow way.
 * @param profile the one it is of, -1 when that is not known
 */
export function recognize(profile: i32): i32 {
  const sequence = Places.sequence;
  const ofNode = Places.ofNode;
  const end = Tokens.filled;
  let length = 0;
  let hash = profile;
  for (let token = Tokens.items; token < end; token += 16) {
    const place = load<i32>(ofNode + ((<usize>load<i32>(token)) << 2));
    if (place === -1) continue;
    const answer = answerAt(place, token);
    if (answer === -1 || length === maxSequence) return unsure;
    const item = (place << answerBits) | answer;
    store<i32>(sequence + ((<usize>length) << 2), item);
    hash = (hash ^ item) * 0x85ebca6b;
    hash ^= hash >>> 13;
    length += 1;
  }
  store<i32>(sequence + ((<usize>length) << 2), -1 - profile);
  length += 1;
  const verdict = Places.verdicts + <usize>(hash & verdictMask) * verdictSize;
  if (load<i32>(verdict) === length && isSequence(verdict + 8, sequence, length))
    return load<i32>(verdict, 4) - 1;
  const shape = verdictOf(length - 1, profile);
  store<i32>(verdict, length);
  store<i32>(verdict, shape + 1, 4);
  memory.copy(verdict + 8, sequence, (<usize>length) << 2);
  return shape;
}

function answerAt(place: i32, token: usize): i32 {
  const kind = load<i32>(token, 4) & kindMask;
  const at = Places.heads + <usize>place * 12;
  const head = load<usize>(at);
  if (head === 0 || kind === object) return kind === isNull ? 0 : 1;
  const start = load<i32>(token, 8);
  const end = load<i32>(token, 12);
  const code = codeOfToken(head, <usize>start + Tokens.shift, ((end - start) << 4) | kind);
  if (code !== 0 && code < load<u32>(at, 8)) {
    const answer = load<i32>(load<usize>(at, 4) + ((<usize>code) << 2));
    if (answer !== 0) return answer - 1;
  }
  return answerOf(load<i32>(token), kind, start, end);
}

function isSequence(one: usize, other: usize, length: i32): bool {
  for (let index: usize = 0; index < <usize>length; index += 1)
    if (load<i32>(one + (index << 2)) !== load<i32>(other + (index << 2))) return false;
  return true;
}
