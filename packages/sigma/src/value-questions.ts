import type { ChannelAtom } from './atom-table.ts';
import { parseAddress } from './cidr.ts';
import type { Scalar } from './column-batch.ts';
import { inForm, type Matcher, matchesScalar, type TextForm } from './matcher.ts';
import { createTextIndex, type TextEntry, type TextIndex } from './text-index.ts';
import type { TextPattern } from './text-pattern.ts';

/** All questions about one field, arranged so that a value is not asked them one by one. */
export interface ValueQuestions {
  /** The atoms that hold for at least one of the values, sorted. The array is reused by the next call. */
  ask(values: Iterable<Scalar>): readonly number[];
}

export function createValueQuestions(atoms: readonly ChannelAtom[]): ValueQuestions {
  const present: number[] = [];
  const nulls: number[] = [];
  const anyValue: number[] = [];
  const slow: ChannelAtom[] = [];
  const networks: ChannelAtom[] = [];
  const forms = new Map<string, FormBuilder>();
  for (const { atom, matcher } of atoms) {
    if (matcher.kind === 'exists') present.push(atom);
    else if (matcher.kind === 'null') nulls.push(atom);
    else if (matcher.kind === 'any') anyValue.push(atom);
    else if (matcher.kind === 'network') networks.push({ atom, matcher });
    else if (!fileText(atom, matcher, forms)) slow.push({ atom, matcher });
  }
  const groups = Array.from(forms.values(), buildForm);

  const held = new Set<number>();
  const hit = (atom: number): void => {
    held.add(atom);
  };
  let sorted: number[] = [];

  const askOne = (value: Scalar): void => {
    present.forEach(hit);
    if (value === null) {
      nulls.forEach(hit);
      return;
    }
    anyValue.forEach(hit);
    const text = String(value);
    for (const group of groups) askForm(group, text, value, held);
    if (networks.length > 0 && parseAddress(text) !== undefined) askEach(networks, value, held);
    askEach(slow, value, held);
  };

  return {
    ask(values) {
      held.clear();
      for (const value of values) askOne(value);
      if (held.size === 0) return [];
      sorted = Array.from(held);
      return sorted.length === 1 ? sorted : sorted.sort((a, b) => a - b);
    },
  };
}

function askEach(atoms: readonly ChannelAtom[], value: Scalar, held: Set<number>): void {
  for (const { atom, matcher } of atoms) if (!held.has(atom) && matchesScalar(matcher, value)) held.add(atom);
}

interface FormBuilder {
  readonly form: TextForm;
  readonly exact: Map<string, number>;
  readonly entries: TextEntry[];
  /** What an entry of the index means: an atom that holds, or one that has to be asked in full. */
  readonly meanings: { readonly atom: number; readonly ask: Matcher | undefined }[];
}

interface Form {
  readonly form: TextForm;
  readonly exact: ReadonlyMap<string, number>;
  readonly index: TextIndex;
  readonly meanings: FormBuilder['meanings'];
}

const buildForm = ({ form, exact, entries, meanings }: FormBuilder): Form => ({
  form,
  exact,
  index: createTextIndex(entries),
  meanings,
});

/** Files a text question under its form; false when only asking in full can answer it. */
function fileText(atom: number, matcher: Matcher, forms: Map<string, FormBuilder>): boolean {
  if (matcher.kind === 'regex') {
    const { literals } = matcher.regex;
    if (literals === undefined) return false;
    const builder = builderFor(forms, { cased: false, dashes: false });
    for (const text of literals) file(builder, { text, place: 'contains' }, { atom, ask: matcher });
    return true;
  }
  if (!('form' in matcher)) return false;
  const builder = builderFor(forms, matcher.form);
  if (matcher.kind === 'exact') builder.exact.set(matcher.text, atom);
  else if (matcher.kind === 'glob') {
    const text = longestLiteral(matcher.pattern);
    if (text === undefined) return false;
    file(builder, { text, place: 'contains' }, { atom, ask: matcher });
  } else file(builder, { text: matcher.text, place: matcher.kind }, { atom, ask: undefined });
  return true;
}

function file(
  builder: FormBuilder,
  text: Omit<TextEntry, 'entry'>,
  meaning: FormBuilder['meanings'][number],
): void {
  builder.entries.push({ ...text, entry: builder.meanings.push(meaning) - 1 });
}

function builderFor(forms: Map<string, FormBuilder>, form: TextForm): FormBuilder {
  const key = `${form.cased}${form.dashes}`;
  let builder = forms.get(key);
  if (builder === undefined) {
    builder = { form, exact: new Map(), entries: [], meanings: [] };
    forms.set(key, builder);
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

function askForm(group: Form, raw: string, value: Scalar, held: Set<number>): void {
  const text = inForm(raw, group.form);
  const exact = group.exact.get(text);
  if (exact !== undefined) held.add(exact);
  group.index.search(text, (entry) => {
    const meaning = group.meanings[entry];
    if (meaning === undefined || held.has(meaning.atom)) return;
    if (meaning.ask === undefined || matchesScalar(meaning.ask, value)) held.add(meaning.atom);
  });
}
