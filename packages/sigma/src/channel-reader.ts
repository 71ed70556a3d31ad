import type { Channel, ChannelAtom } from './atom-table.ts';
import type { ColumnBatch, ValueTable } from './column-batch.ts';
import type { CodeMemo, FieldProgram } from './field-program.ts';
import { createKeywordScanner } from './keyword-scanner.ts';
import { referenceHolds } from './reference-holds.ts';

/** The batch that the readers of a group read; the number changes with each time that a batch is looked at. */
export interface Turn {
  batch: ColumnBatch | undefined;
  number: number;
}

/**
 * Which set of a channel's atoms holds for a row of its turn's batch. Methods alone: an accessor would give each of the many readers a
 * shape of its own, which makes whoever reads them look for it anew.
 */
export interface ChannelReader {
  set(row: number): number;
  /** The codes themselves where the channel is a column that the batch has, for loops over many rows. */
  column(): ReadColumn | undefined;
  /** False when no row of the batch has a value: the set is that of row 0 for all. */
  isPresent(): boolean;
  /** By row 0 where no atom that a witness waits for can hold; undefined where nobody knows. */
  rowsToAsk?(): Uint8Array | undefined;
  /** Whether such an atom can hold for a row; cheaper than its set, where there is such a test. */
  mayTell?(row: number): boolean;
}

/** A column with what is known of its codes. */
export interface ReadColumn {
  readonly codes: Uint32Array;
  /** The set of each code plus one, 0 where it has to be asked. */
  readonly known: Uint32Array;
}

/** `awaited` are the atoms whose holding is the witness of a rule. */
export function createChannelReader(
  channel: Channel,
  program: FieldProgram,
  { awaited, turn }: { readonly awaited: ReadonlySet<number>; readonly turn: Turn },
): ChannelReader {
  if (channel.kind === 'column') return columnReader(channel.field, program, turn);
  return channel.kind === 'keywords'
    ? keywordReader(channel.atoms, program, { awaited, turn })
    : referenceReader(channel, program, turn);
}

/** The batch is asked for the column when a row's set is: nobody asks for most columns of most batches. */
function columnReader(field: string, program: FieldProgram, turn: Turn): ChannelReader {
  let seen = 0;
  let dictionary: ValueTable | undefined;
  let memo: CodeMemo | undefined;
  let column: ReadColumn | undefined;
  const read = (): void => {
    seen = turn.number;
    const found = turn.batch?.field(field);
    column = undefined;
    if (found === undefined) return;
    dictionary = found.dictionary;
    memo = program.memo(dictionary);
    column = { codes: found.codes, known: memo.sets };
  };
  return {
    isPresent() {
      if (seen !== turn.number) read();
      return column !== undefined;
    },
    column() {
      if (seen !== turn.number) read();
      return column;
    },
    set(row) {
      if (seen !== turn.number) read();
      if (column === undefined || dictionary === undefined || memo === undefined) return program.absent();
      const code = column.codes[row] ?? 0;
      return (column.known[code] || program.askCode(dictionary, code, memo)) - 1;
    },
  };
}

function keywordReader(
  atoms: readonly ChannelAtom[],
  program: FieldProgram,
  { awaited, turn }: { readonly awaited: ReadonlySet<number>; readonly turn: Turn },
): ChannelReader {
  // Most groups never see an event, and few events come so far that all keywords are looked for.
  const mayHold = lazily(() => createKeywordScanner(atoms));
  const mayBeAwaited = lazily(() => createKeywordScanner(atoms.filter(({ atom }) => awaited.has(atom))));
  let seen = 0;
  let lastRow = -1;
  let lastSet = 0;
  const read = (batch: ColumnBatch, row: number): number => {
    const scanner = mayHold();
    const isOut = scanner !== undefined && batch.lookAtJson?.(row, scanner.scan) === false;
    return isOut ? 0 : program.setOfValues(batch.values(row));
  };
  return {
    isPresent: () => true,
    column: () => undefined,
    rowsToAsk() {
      const scanner = mayBeAwaited();
      return scanner === undefined ? undefined : turn.batch?.mayHold?.(scanner.texts);
    },
    mayTell(row) {
      const scanner = mayBeAwaited();
      return scanner === undefined || turn.batch?.lookAtJson?.(row, scanner.scan) !== false;
    },
    set(row) {
      // A row is asked for by the search for witnesses and again by the rules that are found.
      if (row !== lastRow || seen !== turn.number) {
        lastSet = turn.batch === undefined ? 0 : read(turn.batch, row);
        lastRow = row;
        seen = turn.number;
      }
      return lastSet;
    },
  };
}

function lazily<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/** Pairs of smaller codes are remembered, so many of them. */
const maxCode = 2 ** 26;
const maxAnswers = 4_096;

function referenceReader(
  channel: Extract<Channel, { kind: 'reference' }>,
  program: FieldProgram,
  turn: Turn,
): ChannelReader {
  const { field, reference, atom } = channel;
  let seen = 0;
  let left: ReturnType<ColumnBatch['field']>;
  let right: ReturnType<ColumnBatch['field']>;
  let holding = 0;
  const atoms = Uint32Array.of(atom);
  /** What was answered of pairs of codes of the two tables. */
  const answers = new Map<number, boolean>();
  let ofLeft: ValueTable | undefined;
  let ofRight: ValueTable | undefined;
  const read = (): void => {
    seen = turn.number;
    left = turn.batch?.field(field);
    right = turn.batch?.field(reference.field);
    holding = program.sets.intern(atoms, 1);
    if (left?.dictionary === ofLeft && right?.dictionary === ofRight) return;
    ofLeft = left?.dictionary;
    ofRight = right?.dictionary;
    answers.clear();
  };
  const holds = (leftCode: number, rightCode: number): boolean => {
    if (ofLeft === undefined || ofRight === undefined) return false;
    // Numbers are exact up to 2^53: no two pairs are one.
    const pair = leftCode < maxCode && rightCode < maxCode ? leftCode * maxCode + rightCode : -1;
    let answer = answers.get(pair);
    if (answer === undefined) {
      answer = referenceHolds(ofLeft.valueOf(leftCode), ofRight.valueOf(rightCode), reference);
      if (answers.size >= maxAnswers) answers.clear();
      if (pair !== -1) answers.set(pair, answer);
    }
    return answer;
  };
  return {
    column: () => undefined,
    isPresent() {
      if (seen !== turn.number) read();
      return left !== undefined && right !== undefined;
    },
    set(row) {
      if (seen !== turn.number) read();
      const leftCode = left?.codes[row] ?? 0;
      const rightCode = right?.codes[row] ?? 0;
      if (leftCode === 0 || rightCode === 0) return 0;
      return holds(leftCode, rightCode) ? holding : 0;
    },
  };
}
