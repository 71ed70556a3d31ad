import type { FieldReference } from './compile-item.ts';
import { type Matcher, matcherKey } from './matcher.ts';

/** Where an atom's answer comes from: a column, every value of the event, or two columns compared. */
export type Channel =
  | { readonly kind: 'column'; readonly field: string; readonly atoms: ChannelAtom[] }
  | { readonly kind: 'keywords'; readonly atoms: ChannelAtom[] }
  | {
      readonly kind: 'reference';
      readonly field: string;
      readonly reference: FieldReference;
      readonly atom: number;
    };

export interface ChannelAtom {
  readonly atom: number;
  readonly matcher: Matcher;
}

/** All questions of a rule set, each once: equal questions of different rules share one number. */
export interface AtomTable {
  readonly channels: readonly Channel[];
  readonly size: number;
  /** Atom of a question about a field, or about all values of the event (`undefined`). */
  add(field: string | undefined, matcher: Matcher): number;
  addReference(field: string, reference: FieldReference): number;
  /** Index of the channel that answers an atom. */
  channelOf(atom: number): number;
  /** The matcher of an atom; undefined for a field reference. */
  matcherOf(atom: number): Matcher | undefined;
}

export function createAtomTable(): AtomTable {
  const channels: Channel[] = [];
  const channelOf: number[] = [];
  const matchers: (Matcher | undefined)[] = [];
  const known = new Map<string, number>();
  const channelIndex = new Map<string, number>();

  const channelFor = (key: string, create: () => Channel): number => {
    const found = channelIndex.get(key);
    if (found !== undefined) return found;
    channelIndex.set(key, channels.length);
    return channels.push(create()) - 1;
  };
  const newAtom = (key: string, channel: number, matcher: Matcher | undefined): number => {
    const atom = channelOf.length;
    known.set(key, atom);
    channelOf.push(channel);
    matchers.push(matcher);
    return atom;
  };

  return {
    channels,
    get size() {
      return channelOf.length;
    },
    add(field, matcher) {
      const channelKey = field === undefined ? 'k' : `f${field}`;
      const key = `${channelKey}\u0000${matcherKey(matcher)}`;
      const found = known.get(key);
      if (found !== undefined) return found;
      const index = channelFor(channelKey, () =>
        field === undefined ? { kind: 'keywords', atoms: [] } : { kind: 'column', field, atoms: [] },
      );
      const atom = newAtom(key, index, matcher);
      const channel = channels[index];
      if (channel !== undefined && channel.kind !== 'reference') channel.atoms.push({ atom, matcher });
      return atom;
    },
    addReference(field, reference) {
      const key = `r${field}\u0000${reference.place}${reference.cased ? 'c' : ''}\u0000${reference.field}`;
      const found = known.get(key);
      if (found !== undefined) return found;
      const index = channels.length;
      const atom = newAtom(key, index, undefined);
      channels.push({ kind: 'reference', field, reference, atom });
      return atom;
    },
    channelOf: (atom) => channelOf[atom] ?? -1,
    matcherOf: (atom) => matchers[atom],
  };
}
