import type { ChannelAtom } from './atom-table.ts';
import { slack } from './byte-index.ts';
import { inNetwork, parseAddress } from './cidr.ts';
import type { FieldValue, Scalar, ValueTable } from './column-batch.ts';
import { createHeldAtoms, type HeldAtoms } from './held-atoms.ts';
import { inForm, type Matcher, matchesScalar } from './matcher.ts';
import { createTextQuestions, type TextQuestions } from './text-questions.ts';
import { bytesOf, writeAscii } from './value-bytes.ts';

/** All questions about one field, arranged so that a value is not asked them one by one. */
export interface ValueQuestions {
  /** Asks the value of a code; returns how many atoms hold. They are in `held`, sorted, until the next question. */
  askCode(table: ValueTable, code: number): number;
  /** Asks several values together: an atom holds when it does for one of them. */
  ask(values: Iterable<Scalar>): number;
  readonly held: Uint32Array;
}

/**
 * Where a value's bytes are looked at; longer values are rare. One for all fields, which are asked one after another, so
 * that it stays in the nearest cache.
 */
const scratch = new Uint8Array((1 << 16) + slack).subarray(0, 1 << 16);

interface Place {
  readonly place: number;
  readonly matcher: Matcher;
}

export function createValueQuestions(atoms: readonly ChannelAtom[]): ValueQuestions {
  const held = createHeldAtoms(atoms.map(({ atom }) => atom));
  const { present, nulls, anyValue, networks, texts, slow } = sortOut(atoms, held);
  const hasSlow = slow.length > 0 || networks.length > 0;

  const holdAll = (places: readonly number[]): void => {
    for (let index = 0; index < places.length; index++) held.add(places[index] ?? 0);
  };
  const askSlow = (value: Scalar): void => {
    for (const { place, matcher } of slow)
      if (!held.has(place) && matchesScalar(matcher, value)) held.add(place);
    const address = networks.length > 0 && typeof value === 'string' ? parseAddress(value) : undefined;
    if (address === undefined) return;
    for (const { place, network } of networks) if (inNetwork(address, network)) held.add(place);
  };
  const askOne = (value: Scalar): void => {
    holdAll(present);
    if (value === null) {
      holdAll(nulls);
      return;
    }
    holdAll(anyValue);
    const text = String(value);
    const length = writeAscii(text, scratch);
    const valueAsIs = (): Scalar => value;
    for (const questions of texts) {
      if (length !== -1) questions.ask(scratch, length, valueAsIs);
      else {
        const bytes = bytesOf(inForm(text, questions.form));
        questions.ask(bytes, bytes.length, valueAsIs);
      }
    }
    if (hasSlow) askSlow(value);
  };
  const askList = (values: Iterable<Scalar>): number => {
    held.begin();
    for (const value of values) askOne(value);
    return held.finish();
  };

  return {
    held: held.numbers,
    ask: askList,
    askCode(table, code) {
      const length = table.copyAscii?.(code, scratch) ?? -1;
      if (length === -1) {
        const value = table.valueOf(code);
        return askList(isList(value) ? value : [value]);
      }
      held.begin();
      holdAll(present);
      holdAll(anyValue);
      let value: Scalar | undefined;
      const valueWhenAsked = (): Scalar => (value ??= scalarOf(table, code));
      for (let index = 0; index < texts.length; index++) texts[index]?.ask(scratch, length, valueWhenAsked);
      if (hasSlow) askSlow(valueWhenAsked());
      return held.finish();
    },
  };
}

interface Sorted {
  readonly present: number[];
  readonly nulls: number[];
  readonly anyValue: number[];
  readonly networks: {
    readonly place: number;
    readonly network: Extract<Matcher, { kind: 'network' }>['network'];
  }[];
  readonly texts: readonly TextQuestions[];
  /** Asked one by one. */
  readonly slow: readonly Place[];
}

function sortOut(atoms: readonly ChannelAtom[], held: HeldAtoms): Sorted {
  const sorted = {
    present: [] as number[],
    nulls: [] as number[],
    anyValue: [] as number[],
    networks: [] as Sorted['networks'],
  };
  const rest: Place[] = [];
  for (const [place, { matcher }] of atoms.entries()) {
    if (matcher.kind === 'exists') sorted.present.push(place);
    else if (matcher.kind === 'null') sorted.nulls.push(place);
    else if (matcher.kind === 'any') sorted.anyValue.push(place);
    else if (matcher.kind === 'network') sorted.networks.push({ place, network: matcher.network });
    else rest.push({ place, matcher });
  }
  return { ...sorted, ...createTextQuestions(rest, held) };
}

/** What a table says can be copied as one text is a scalar. */
function scalarOf(table: ValueTable, code: number): Scalar {
  const value = table.valueOf(code);
  return isList(value) ? (value[0] ?? null) : value;
}

function isList(value: FieldValue): value is readonly Scalar[] {
  return Array.isArray(value);
}
