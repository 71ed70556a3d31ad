import { createAtomSets } from './atom-sets.ts';
import type { ChannelReader } from './channel-reader.ts';
import type { CompiledRule } from './compiled-rule.ts';
import { atomsOf } from './expression.ts';
import type { FieldProgram } from './field-program.ts';

/** A channel as all groups of a rule set share it. */
export interface SharedChannel {
  readonly channel: number;
  readonly reader: ChannelReader;
  readonly program: FieldProgram;
}

/**
 * A channel as one partition sees it: a field is asked the questions of all rules, and what is left of a set when only the
 * partition's own atoms count is its local set. So values that differ in what other rules ask are the same here.
 */
export interface PartitionChannel {
  readonly channel: number;
  readonly reader: ChannelReader;
  /** Whether some rule's witness is to be looked for here. */
  readonly isSearched: boolean;
  /** Whether a witness here may be that an atom does not hold. */
  readonly isSearchedForAbsence: boolean;
  /** By number of the set plus one: 0 where not known yet, else `isWaitedFor` and `localSet` say what. */
  information(): Uint32Array;
  /** Information of a row's set, which is made known. */
  informationAt(row: number): number;
  /** Atoms of a local set. */
  atomsOf(localSet: number): Uint32Array;
  /** Rules (by index in the partition) that a local set tells may hold. */
  candidatesOf(localSet: number): Uint32Array;
  /** A number for those rules: local sets that tell of the same rules have the same. */
  candidatesNumber(localSet: number): number;
  forget(): void;
}

export const isWaitedFor = (information: number): boolean => (information & 1) !== 0;
export const localSet = (information: number): number => (information >>> 1) - 1;

/** What the rules of a partition ask of one channel. */
export interface OwnAtoms {
  readonly atoms: ReadonlySet<number>;
  /** Rules by the atom whose holding is their witness. */
  readonly waiting: ReadonlyMap<number, readonly number[]>;
  /** Rules by the atom whose not holding is their witness. */
  readonly waitingForAbsence: ReadonlyMap<number, readonly number[]>;
}

export function ownAtoms(
  rules: readonly CompiledRule[],
  channelOf: (atom: number) => number,
): (channel: number) => OwnAtoms {
  const all = new Set<number>();
  const byChannel = new Map<number, OwnLists>();
  const listsOf = (atom: number): OwnLists => {
    const channel = channelOf(atom);
    let lists = byChannel.get(channel);
    if (lists === undefined) {
      lists = { atoms: new Set(), waiting: new Map(), waitingForAbsence: new Map() };
      byChannel.set(channel, lists);
    }
    return lists;
  };
  for (const [index, { expression, witness }] of rules.entries()) {
    atomsOf(expression, all);
    for (const atom of witness?.atoms ?? []) entry(listsOf(atom).waiting, atom).push(index);
    for (const atom of witness?.absent ?? []) entry(listsOf(atom).waitingForAbsence, atom).push(index);
  }
  for (const atom of all) listsOf(atom).atoms.add(atom);
  return (channel) => byChannel.get(channel) ?? noAtoms;
}

interface OwnLists extends OwnAtoms {
  readonly atoms: Set<number>;
  readonly waiting: Map<number, number[]>;
  readonly waitingForAbsence: Map<number, number[]>;
}

const noAtoms: OwnAtoms = { atoms: new Set(), waiting: new Map(), waitingForAbsence: new Map() };

function entry<K>(lists: Map<K, number[]>, key: K): number[] {
  let list = lists.get(key);
  if (list === undefined) {
    list = [];
    lists.set(key, list);
  }
  return list;
}

const firstSets = 16;

export function createPartitionChannel(
  { channel, reader, program }: SharedChannel,
  own: OwnAtoms,
): PartitionChannel {
  const { atoms, waiting, waitingForAbsence } = own;
  const local = createAtomSets(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY);
  const kept = new Uint32Array(atoms.size);
  let information = new Uint32Array(firstSets);
  let candidates: (Uint32Array | undefined)[] = [];
  const candidateSets = createAtomSets(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY);
  let candidateNumbers: number[] = [];

  const candidatesOf = (set: number): Uint32Array => {
    let known = candidates[set];
    if (known === undefined) {
      const held = local.atomsOf(set);
      const found = new Set<number>();
      for (const atom of held) for (const rule of waiting.get(atom) ?? []) found.add(rule);
      for (const [atom, rules] of waitingForAbsence) {
        if (!held.includes(atom)) for (const rule of rules) found.add(rule);
      }
      known = Uint32Array.from(found).sort();
      candidates[set] = known;
      candidateNumbers[set] = candidateSets.intern(known, known.length);
    }
    return known;
  };
  const inform = (set: number): number => {
    let count = 0;
    for (const atom of program.sets.atomsOf(set)) if (atoms.has(atom)) kept[count++] = atom;
    const localNumber = local.intern(kept, count);
    const known = ((localNumber + 1) << 1) | (candidatesOf(localNumber).length > 0 ? 1 : 0);
    if (set + 1 >= information.length) {
      const grown = new Uint32Array(Math.max(set + 2, information.length * 2));
      grown.set(information);
      information = grown;
    }
    information[set + 1] = known;
    return known;
  };

  return {
    channel,
    reader,
    isSearchedForAbsence: waitingForAbsence.size > 0,
    isSearched: waiting.size > 0 || waitingForAbsence.size > 0,
    information: () => information,
    informationAt(row) {
      const set = reader.set(row);
      return (set + 1 < information.length ? (information[set + 1] ?? 0) : 0) || inform(set);
    },
    atomsOf: local.atomsOf,
    candidatesOf,
    candidatesNumber: (set) => candidateNumbers[set] ?? 0,
    forget() {
      local.clear();
      candidates = [];
      candidateNumbers = [];
      candidateSets.clear();
      information = new Uint32Array(firstSets);
    },
  };
}
