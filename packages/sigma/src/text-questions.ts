import { createByteIndex, type IndexEntry } from './byte-index.ts';
import { createByteTrie, type TrieEntry } from './byte-trie.ts';
import type { Scalar } from './column-batch.ts';
import type { HeldAtoms } from './held-atoms.ts';
import { type Matcher, matchesScalar, type TextForm } from './matcher.ts';
import type { TextPattern } from './text-pattern.ts';
import { bytesOf, foldTable } from './value-bytes.ts';

/** All questions that compare a field's text in one form, by tables over its bytes. */
export interface TextQuestions {
  readonly form: TextForm;
  /**
   * Adds the atoms that hold for the text in `bytes[0..length)`: of ASCII as it stands in the value, any other in the form.
   * `value` gives the value itself to the questions that tables only say may hold.
   */
  ask(bytes: Uint8Array, length: number, value: () => Scalar): void;
}

interface Place {
  readonly place: number;
  readonly matcher: Matcher;
}

/** The questions that tables can answer, by form; the others are in `slow`. */
export function createTextQuestions(
  places: readonly Place[],
  held: HeldAtoms,
): { readonly texts: readonly TextQuestions[]; readonly slow: readonly Place[] } {
  const builders = new Map<string, Builder>();
  const slow = places.filter(({ place, matcher }) => !file(place, matcher, builders));
  return { texts: Array.from(builders.values(), (builder) => build(builder, held)), slow };
}

/** What a found text means: an atom that holds, or, once a text of every part was found, one that has to be asked in full. */
interface Meaning {
  readonly place: number;
  readonly ask: Matcher | undefined;
  /** One bit: the part of the question that the text is of. */
  readonly part: number;
  /** The bits of all parts. */
  readonly parts: number;
}

interface Builder {
  readonly form: TextForm;
  readonly starts: TrieEntry[];
  readonly ends: TrieEntry[];
  readonly inside: IndexEntry[];
  readonly meanings: Meaning[];
}

function build({ form, starts, ends, inside, meanings }: Builder, held: HeldAtoms): TextQuestions {
  const fold = foldTable(form);
  const start = createByteTrie(starts, { fold, fromEnd: false });
  const end = createByteTrie(ends, { fold, fromEnd: true });
  const index = createByteIndex(inside, fold);
  const placeOf = new Uint32Array(meanings.length);
  let places = 0;
  for (const [entry, { place }] of meanings.entries()) {
    placeOf[entry] = place;
    places = Math.max(places, place + 1);
  }
  /** Parts found so far, by place, and the value that they were found for. */
  const foundParts = new Uint32Array(places);
  const foundFor = new Uint32Array(foundParts.length);
  let value: () => Scalar = () => null;
  let asked = 0;

  const found = (entry: number): void => {
    const place = placeOf[entry] ?? 0;
    if (held.has(place)) return;
    const meaning = meanings[entry];
    if (meaning?.ask === undefined) held.add(place);
    else if (isComplete(place, meaning) && matchesScalar(meaning.ask, value())) held.add(place);
  };
  /** Whether this text completes the parts, for the first time for this value. */
  const isComplete = (place: number, { part, parts }: Meaning): boolean => {
    const before = foundFor[place] === asked ? (foundParts[place] ?? 0) : 0;
    foundFor[place] = asked;
    foundParts[place] = before | part;
    return before !== parts && (before | part) === parts;
  };

  return {
    form,
    ask(bytes, length, valueWhenAsked) {
      value = valueWhenAsked;
      asked = (asked + 1) >>> 0;
      start?.search(bytes, length, found);
      end?.search(bytes, length, found);
      index?.search(bytes, length, found);
    },
  };
}

function file(place: number, matcher: Matcher, builders: Map<string, Builder>): boolean {
  if (matcher.kind === 'regex') {
    const { literals } = matcher.regex;
    const builder = builderFor(builders, { cased: false, dashes: false });
    const parts = 2 ** literals.length - 1;
    for (const [index, texts] of literals.entries()) {
      for (const text of texts)
        builder.inside.push(entryOf(builder, text, { place, ask: matcher, part: 1 << index, parts }));
    }
    return literals.length > 0;
  }
  if (!('form' in matcher)) return false;
  const builder = builderFor(builders, matcher.form);
  if (matcher.kind === 'glob') {
    const text = longestLiteral(matcher.pattern);
    if (text === undefined) return false;
    builder.inside.push(entryOf(builder, text, { place, ask: matcher, part: 1, parts: 1 }));
    return true;
  }
  const entry = entryOf(builder, matcher.text, { place, ask: undefined, part: 0, parts: 0 });
  if (matcher.kind === 'contains') builder.inside.push(entry);
  else if (matcher.kind === 'suffix') builder.ends.push({ ...entry, whole: false });
  else builder.starts.push({ ...entry, whole: matcher.kind === 'exact' });
  return true;
}

function entryOf(builder: Builder, text: string, meaning: Meaning): IndexEntry {
  return { bytes: bytesOf(text), entry: builder.meanings.push(meaning) - 1 };
}

function builderFor(builders: Map<string, Builder>, form: TextForm): Builder {
  const key = `${form.cased}${form.dashes}`;
  let builder = builders.get(key);
  if (builder === undefined) {
    builder = { form, starts: [], ends: [], inside: [], meanings: [] };
    builders.set(key, builder);
  }
  return builder;
}

function longestLiteral(pattern: TextPattern): string | undefined {
  let longest: string | undefined;
  for (const part of pattern) {
    if (typeof part === 'string' && part.length > (longest?.length ?? 0)) longest = part;
  }
  return longest;
}
