import { type AtomSets, createAtomSets } from './atom-sets.ts';
import type { ChannelAtom } from './atom-table.ts';
import type { Scalar, ValueTable } from './column-batch.ts';
import { createValueQuestions, type ValueQuestions } from './value-questions.ts';

/** Which sets of atoms hold for the codes of one table: the number of the set plus one, 0 where not asked yet. */
export interface CodeMemo {
  sets: Uint32Array;
}

/** Answers all questions that any rule asks about one field, once per distinct value. */
export interface FieldProgram {
  readonly sets: AtomSets;
  /** The set that holds where the field is absent. */
  absent(): number;
  /** Asks the value of a code, which is remembered in `memo`; returns the set plus one. */
  askCode(table: ValueTable, code: number, memo: CodeMemo): number;
  /** The set that holds for several values together: each atom that holds for one of them. */
  setOfValues(values: Iterable<Scalar>): number;
  /** What is known of a table's codes, with room for all of them; lives as long as the table does. Code 0 is known. */
  memo(table: ValueTable): CodeMemo;
}

/** What the programs of a rule set have in common. */
export interface ProgramMemory {
  /** Grows when a program gives out the numbers of its sets anew; whoever keeps such numbers must forget them. */
  readonly generation: number;
  /** Notes a program that remembers too much, and how it forgets. */
  tooMuch(forget: () => void): void;
  /** Lets those programs start again. Only while nobody holds a set's number. */
  trim(): void;
}

export function createProgramMemory(): ProgramMemory {
  const full = new Set<() => void>();
  let generation = 0;
  return {
    get generation() {
      return generation;
    },
    tooMuch: (forget) => full.add(forget),
    trim() {
      if (full.size === 0) return;
      for (const forget of full) forget();
      full.clear();
      generation++;
    },
  };
}

const maxSets = 200_000;
const maxAtoms = 4_000_000;

export function createFieldProgram(atoms: readonly ChannelAtom[], memory: ProgramMemory): FieldProgram {
  const sets = createAtomSets(maxSets, maxAtoms);
  const absentAtoms = Uint32Array.from(
    atoms.filter(({ matcher }) => matcher.kind === 'null'),
    ({ atom }) => atom,
  );
  let made: ValueQuestions | undefined;
  let memos = new WeakMap<ValueTable, CodeMemo>();
  /** The memo that was asked for last, and whose: the groups of a rule set ask for one after another. */
  let lastTable: ValueTable | undefined;
  let lastMemo: CodeMemo | undefined;
  let absentSet: number | undefined;
  // Of most fields no value ever arrives, so their tables are built when one does.
  const questions = (): ValueQuestions => (made ??= createValueQuestions(atoms));
  const absent = (): number => (absentSet ??= sets.intern(absentAtoms, absentAtoms.length));
  const forget = (): void => {
    sets.clear();
    memos = new WeakMap();
    lastTable = undefined;
    lastMemo = undefined;
    absentSet = undefined;
  };
  const intern = (held: Uint32Array, count: number): number => {
    const set = sets.intern(held, count);
    if (sets.isFull()) memory.tooMuch(forget);
    return set;
  };

  return {
    sets,
    absent,
    askCode(table, code, memo) {
      const { askCode, held } = questions();
      const known = intern(held, askCode(table, code)) + 1;
      memo.sets[code] = known;
      return known;
    },
    setOfValues(values) {
      const { ask, held } = questions();
      return intern(held, ask(values));
    },
    memo(table) {
      let memo = table === lastTable ? lastMemo : memos.get(table);
      if (memo === undefined) {
        memo = { sets: new Uint32Array(table.size) };
        memo.sets[0] = absent() + 1;
        memos.set(table, memo);
      }
      lastTable = table;
      lastMemo = memo;
      if (memo.sets.length < table.size) {
        const grown = new Uint32Array(Math.max(table.size, memo.sets.length * 2));
        grown.set(memo.sets);
        memo.sets = grown;
      }
      return memo;
    },
  };
}
