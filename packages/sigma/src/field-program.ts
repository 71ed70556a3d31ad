import { type AtomSets, createAtomSets } from './atom-sets.ts';
import type { ChannelAtom } from './atom-table.ts';
import type { FieldValue, Scalar, ValueTable } from './column-batch.ts';
import { createValueQuestions } from './value-questions.ts';

/** Which sets of atoms hold for the codes of one table: the number of the set plus one, 0 where not asked yet. */
export interface CodeMemo {
  sets: Uint32Array;
}

/** Answers all questions that any rule asks about one field, once per distinct value. */
export interface FieldProgram {
  readonly sets: AtomSets;
  /** Grows when the numbers of sets are given out anew; whoever keeps such numbers must forget them. */
  readonly generation: number;
  /** The set that holds where the field is absent. */
  absent(): number;
  setOf(value: FieldValue): number;
  /** The set that holds for several values together: each atom that holds for one of them. */
  setOfValues(values: Iterable<Scalar>): number;
  /** What is known of a table's codes; lives as long as the table does. */
  memo(table: ValueTable): CodeMemo;
  /** Starts again when too much is remembered. Only while nobody holds a set's number. */
  trim(): void;
}

const maxSets = 200_000;
const maxAtoms = 4_000_000;

export function createFieldProgram(atoms: readonly ChannelAtom[]): FieldProgram {
  const sets = createAtomSets(maxSets, maxAtoms);
  const questions = createValueQuestions(atoms);
  const absentAtoms = atoms.filter(({ matcher }) => matcher.kind === 'null').map(({ atom }) => atom);
  let memos = new WeakMap<ValueTable, CodeMemo>();
  let generation = 0;

  return {
    sets,
    get generation() {
      return generation;
    },
    absent: () => sets.intern(absentAtoms),
    setOf(value) {
      return sets.intern(questions.ask(isList(value) ? value : [value]));
    },
    setOfValues(values) {
      return sets.intern(questions.ask(values));
    },
    memo(table) {
      let memo = memos.get(table);
      if (memo === undefined) {
        memo = { sets: new Uint32Array(Math.max(64, table.size)) };
        memos.set(table, memo);
      }
      if (memo.sets.length < table.size) {
        const grown = new Uint32Array(Math.max(table.size, memo.sets.length * 2));
        grown.set(memo.sets);
        memo.sets = grown;
      }
      return memo;
    },
    trim() {
      if (!sets.full) return;
      sets.clear();
      memos = new WeakMap();
      generation++;
    },
  };
}

function isList(value: FieldValue): value is readonly Scalar[] {
  return Array.isArray(value);
}
