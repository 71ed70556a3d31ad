import { createValueDictionary, type ValueDictionary } from '../columns/value-dictionary.ts';
import { compileFieldTest, type FieldTest } from '../field-test.ts';
import type { FieldValue } from '../field-value.ts';
import type { SourceProfile } from '../source-profile.ts';
import type { DecodeCore } from './core/decode-core.ts';
import { kindMask, type TokenSource, tokenKinds } from './json-token.ts';
import type { PathTree } from './path-tree.ts';
import { createSequenceMemo } from './sequence-memo.ts';

/**
 * Says which profile and shape an event is of, from the values at the places that the profiles' tests look at. What a value
 * answers to those tests is asked once per distinct value, and the verdict once per sequence of answers.
 */
export interface SourceRecognizer {
  /** Tells the core where the tests look, to be called whenever the tree grew. */
  use(): void;
  /** What the core asks for (see `CoreHost`): the number of a value's answers, and the shape by those of an event. */
  answerOf(node: number, source: TokenSource, kind: number, start: number, end: number): number;
  verdictOf(length: number, profile: number): number;
  begin(): void;
  /** To be told of every wanted value of the event; others than those that tests look at are passed over. */
  seeToken(node: number, source: TokenSource, kind: number, start: number, end: number): void;
  seeValue(node: number, value: FieldValue, isObject: boolean): void;
  /** Whether tests look at a node: `see...` need not be called for others. */
  looksAt(node: number): boolean;
  /**
   * Shape of the event, counted over all profiles; -1 when no profile knows it. Where its profile is known (not -1) it is the first one of that
   * when none is recognised.
   */
  shapeOf(profile: number): number;
  readonly shapes: readonly { readonly profile: number; readonly shape: number }[];
}

/** What is asked of one place. Bit 0 of an answer is "there is something", the others are the tests. */
interface Place {
  readonly tests: ((value: FieldValue) => boolean)[];
  readonly keys: string[];
  /** Answers that were given, each with a number. */
  readonly answers: number[];
  memo: ValueDictionary;
  /** By code the number of its answers plus 1, 0 where they were not asked for. */
  byCode: Int32Array;
}

interface ShapeTest {
  readonly place: number;
  /** The bit that must be set, or with `absent` must not be. */
  readonly bit: number;
  readonly absent: boolean;
}

const maxMemoBytes = 256 * 1024;
const maxSequence = 128;
const maxVerdicts = 4_096;
const maxTests = 30;
const answerBits = 12;
/** What `assembly/recognizer.ts` remembers verdicts in. */
const coreVerdictBytes = 512 * 128;

export function createSourceRecognizer(
  profiles: readonly SourceProfile[],
  tree: PathTree,
  core: DecodeCore,
): SourceRecognizer {
  const { memory } = core;
  const places: Place[] = [];
  let placeOfNode = memory.ints(1);
  /** What `assembly/recognizer.ts` keeps of each place. */
  let heads = memory.ints(3);
  const byNode = new Map<number, number>();
  const shapes = profiles.flatMap((profile, number) =>
    profile.shapes.map((shape, index) => ({
      profile: number,
      shape: index,
      tests: shape.when.map((test) => plan(test)),
    })),
  );
  const sequence = memory.ints(maxSequence + 1);
  const coreVerdicts = memory.bytes(coreVerdictBytes);
  let length = 0;
  let overflown: Map<number, number> | undefined;
  const verdicts = createSequenceMemo(maxVerdicts);

  function plan(test: FieldTest): ShapeTest {
    const node = tree.add(test.field).id;
    let place = byNode.get(node);
    if (place === undefined) {
      place =
        places.push({
          tests: [],
          keys: [],
          // What an object and what null answers, by number: the core takes that for granted.
          answers: [0, 1],
          memo: createValueDictionary(memory),
          byCode: memory.ints(64),
        }) - 1;
      byNode.set(node, place);
    }
    if (test.is === undefined && test.prefix === undefined)
      return { place, bit: 1, absent: test.present === false };
    const { tests, keys } = places[place] as Place;
    const key = JSON.stringify([test.is, test.prefix]);
    let index = keys.indexOf(key);
    if (index === -1) {
      index = keys.push(key) - 1;
      tests.push(compileFieldTest(test));
      if (keys.length > maxTests)
        throw new Error(`More than ${maxTests} different tests of source profiles look at ${test.field}.`);
    }
    return { place, bit: 2 << index, absent: false };
  }

  const ask = ({ tests }: Place, value: FieldValue): number => {
    if (value === null) return 0;
    let answer = 1;
    for (const [index, holds] of tests.entries()) if (holds(value)) answer |= 2 << index;
    return answer;
  };
  const numberOf = ({ answers }: Place, answer: number): number => {
    const number = answers.indexOf(answer);
    return number === -1 ? answers.push(answer) - 1 : number;
  };
  const describe = (): void => {
    for (const [index, { tests, memo, byCode }] of places.entries()) {
      if (tests.length > 0) memo.keepRecent();
      heads.set([tests.length === 0 ? 0 : memo.head.byteOffset, byCode.byteOffset, byCode.length], index * 3);
    }
  };
  /** What a token answers. */
  const answerOfToken = (
    place: Place,
    source: TokenSource,
    kind: number,
    start: number,
    end: number,
  ): number => {
    if (place.memo.bytes > maxMemoBytes) {
      place.memo.release();
      memory.release(place.byCode);
      place.memo = createValueDictionary(memory);
      place.byCode = memory.ints(64);
      describe();
    }
    const code = place.memo.codeOfToken(source, kind, start, end);
    if (code >= place.byCode.length) {
      const grown = memory.ints(2 ** Math.ceil(Math.log2(code * 2)));
      memory.copy(place.byCode, grown);
      memory.release(place.byCode);
      place.byCode = grown;
      describe();
    }
    const known = place.byCode[code] as number;
    if (known !== 0) return place.answers[known - 1] as number;
    const answer = ask(place, place.memo.valueOf(code));
    place.byCode[code] = numberOf(place, answer) + 1;
    return answer;
  };
  const push = (place: number, answer: number): void => {
    if (overflown !== undefined) {
      overflown.set(place, (overflown.get(place) ?? 0) | answer);
      return;
    }
    const number = numberOf(places[place] as Place, answer);
    if (length === maxSequence || number >= 1 << answerBits) {
      overflown = gathered();
      push(place, answer);
      return;
    }
    sequence[length] = (place << answerBits) | number;
    length += 1;
  };
  const gathered = (): Map<number, number> => {
    const held = new Map<number, number>();
    for (let index = 0; index < length; index += 1) {
      const item = sequence[index] as number;
      const place = item >> answerBits;
      const answer = (places[place] as Place).answers[item & ((1 << answerBits) - 1)] as number;
      held.set(place, (held.get(place) ?? 0) | answer);
    }
    return held;
  };
  const firstShape = (profile: number): number => {
    const held = overflown ?? gathered();
    return shapes.findIndex(
      (shape) =>
        (profile === -1 || shape.profile === profile) &&
        shape.tests.every(({ place, bit, absent }) => (((held.get(place) ?? 0) & bit) !== 0) !== absent),
    );
  };
  const remembered = (profile: number): number => {
    if (overflown !== undefined) return firstShape(profile);
    sequence[length] = -1 - profile;
    const known = verdicts.get(sequence, length + 1);
    if (known !== -1) return known - 1;
    const shape = firstShape(profile);
    verdicts.set(sequence, length + 1, shape + 1);
    return shape;
  };

  const shapeOf = (profile: number): number => {
    const found = remembered(profile);
    return found === -1 && profile !== -1 ? shapes.findIndex((shape) => shape.profile === profile) : found;
  };

  const use = (): void => {
    memory.release(placeOfNode);
    placeOfNode = memory.ints(tree.nodes.length).fill(-1);
    for (const [known, place] of byNode) placeOfNode[known] = place;
    memory.release(heads);
    heads = memory.ints(3 * places.length);
    describe();
    core.calls.usePlaces(
      placeOfNode.byteOffset,
      heads.byteOffset,
      sequence.byteOffset,
      coreVerdicts.byteOffset,
    );
  };

  return {
    shapes,
    begin() {
      length = 0;
      overflown = undefined;
    },
    use,
    answerOf(node, source, kind, start, end) {
      const place = places[placeOfNode[node] as number] as Place;
      const number = numberOf(place, answerOfToken(place, source, kind, start, end));
      return number < 1 << answerBits ? number : -1;
    },
    verdictOf(count, profile) {
      length = count;
      overflown = undefined;
      return shapeOf(profile);
    },
    looksAt(node) {
      if (node >= placeOfNode.length) use();
      return (placeOfNode[node] as number) !== -1;
    },
    seeToken(node, source, kind, start, end) {
      const number = placeOfNode[node] as number;
      const place = places[number] as Place;
      const only = kind & kindMask;
      if (place.tests.length === 0 || only === tokenKinds.object) {
        push(number, only === tokenKinds.null ? 0 : 1);
        return;
      }
      push(number, answerOfToken(place, source, only, start, end));
    },
    seeValue(node, value, isObject) {
      const number = placeOfNode[node] as number;
      push(number, isObject ? 1 : ask(places[number] as Place, value));
    },
    shapeOf,
  };
}
