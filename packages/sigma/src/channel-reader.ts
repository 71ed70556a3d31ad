import type { Channel, ChannelAtom } from './atom-table.ts';
import type { ColumnBatch, FieldValue, Scalar } from './column-batch.ts';
import type { FieldReference } from './compile-item.ts';
import type { FieldProgram } from './field-program.ts';
import { createKeywordScanner } from './keyword-scanner.ts';
import { lowerCase } from './matcher.ts';

/** Which set of a channel's atoms holds for a row of the batch that was last given to `begin`. */
export interface ChannelReader {
  begin(batch: ColumnBatch): void;
  set(row: number): number;
  /** False when no row of the batch can have an atom that needs a value. */
  readonly present: boolean;
}

export function createChannelReader(channel: Channel, program: FieldProgram): ChannelReader {
  if (channel.kind === 'column') return columnReader(channel.field, program);
  return channel.kind === 'keywords'
    ? keywordReader(channel.atoms, program)
    : referenceReader(channel, program);
}

const noCodes = new Uint32Array(0);

function columnReader(field: string, program: FieldProgram): ChannelReader {
  let codes: Uint32Array = noCodes;
  let column: ReturnType<ColumnBatch['field']>;
  let sets: Uint32Array = noCodes;
  let absent = 0;
  return {
    get present() {
      return column !== undefined;
    },
    begin(batch) {
      column = batch.field(field);
      codes = column?.codes ?? noCodes;
      sets = column === undefined ? noCodes : program.memo(column.dictionary).sets;
      absent = program.absent();
    },
    set(row) {
      const code = codes[row] ?? 0;
      if (code === 0 || column === undefined) return absent;
      const known = sets[code] ?? 0;
      if (known !== 0) return known - 1;
      const set = program.setOf(column.dictionary.valueOf(code));
      sets[code] = set + 1;
      return set;
    },
  };
}

function keywordReader(atoms: readonly ChannelAtom[], program: FieldProgram): ChannelReader {
  const mayHold = createKeywordScanner(atoms);
  let current: ColumnBatch | undefined;
  let lastRow = -1;
  let lastSet = 0;
  const read = (batch: ColumnBatch, row: number): number => {
    const json = mayHold === undefined ? undefined : batch.raw?.(row);
    return json !== undefined && mayHold?.(json) === false ? 0 : program.setOfValues(batch.values(row));
  };
  return {
    present: true,
    begin(batch) {
      current = batch;
      lastRow = -1;
    },
    set(row) {
      // A row is asked for by the search for witnesses and again by the rules that are found.
      if (row !== lastRow) {
        lastSet = current === undefined ? 0 : read(current, row);
        lastRow = row;
      }
      return lastSet;
    },
  };
}

function referenceReader(
  channel: Extract<Channel, { kind: 'reference' }>,
  program: FieldProgram,
): ChannelReader {
  const { field, reference, atom } = channel;
  let left: ReturnType<ColumnBatch['field']>;
  let right: ReturnType<ColumnBatch['field']>;
  let holding = 0;
  return {
    get present() {
      return left !== undefined && right !== undefined;
    },
    begin(batch) {
      left = batch.field(field);
      right = batch.field(reference.field);
      holding = program.sets.intern([atom]);
    },
    set(row) {
      const leftCode = left?.codes[row] ?? 0;
      const rightCode = right?.codes[row] ?? 0;
      if (left === undefined || right === undefined || leftCode === 0 || rightCode === 0) return 0;
      return referenceHolds(left.dictionary.valueOf(leftCode), right.dictionary.valueOf(rightCode), reference)
        ? holding
        : 0;
    },
  };
}

/** Whether one value of the left field stands to one value of the right field as the rule says. Null equals nothing. */
export function referenceHolds(left: FieldValue, right: FieldValue, reference: FieldReference): boolean {
  const rights = textsOf(right, reference.cased);
  return textsOf(left, reference.cased).some((text) =>
    rights.some((other) => {
      if (reference.place === 'prefix') return text.startsWith(other);
      if (reference.place === 'suffix') return text.endsWith(other);
      return reference.place === 'contains' ? text.includes(other) : text === other;
    }),
  );
}

function textsOf(value: FieldValue, cased: boolean): readonly string[] {
  const list: readonly Scalar[] = Array.isArray(value) ? value : [value];
  return list.filter((item) => item !== null).map((item) => (cased ? String(item) : lowerCase(String(item))));
}
