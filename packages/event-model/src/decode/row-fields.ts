/**
 * Which value each wanted field of one event has, where several paths lead to a field. A value is a number of the caller's: the
 * index of a token, or (below zero) a code that is known already.
 */
export interface RowFields {
  readonly touched: Uint16Array;
  touchedCount: number;
  /** By field; of a list the first. */
  readonly items: Int32Array;
  isList(field: number): boolean;
  listOf(field: number): readonly number[];
  /** Of several ranks the lowest counts; within a rank the last value, or all of them where they stand in lists. */
  set(field: number, rank: number, item: number, isListed: boolean): void;
  has(field: number): boolean;
  clear(): void;
}

const noRank = 255;

export function createRowFields(fields: number): RowFields {
  const ranks = new Uint8Array(fields).fill(noRank);
  const listed = new Uint8Array(fields);
  const items = new Int32Array(fields);
  const lists: number[][] = [];
  const touched = new Uint16Array(fields);
  const row: RowFields = {
    touched,
    touchedCount: 0,
    items,
    has: (field) => ranks[field] !== noRank,
    isList: (field) => listed[field] === 1,
    listOf: (field) => lists[field] ?? [],
    set(field, rank, item, isListed) {
      const known = ranks[field] as number;
      if (rank > known) return;
      if (known === noRank) {
        touched[row.touchedCount] = field;
        row.touchedCount += 1;
      }
      if (isListed && rank === known && listed[field] === 1) lists[field]?.push(item);
      else {
        items[field] = item;
        if (isListed) lists[field] = [item];
      }
      listed[field] = isListed ? 1 : 0;
      ranks[field] = rank;
    },
    clear() {
      for (let index = 0; index < row.touchedCount; index += 1) ranks[touched[index] as number] = noRank;
      row.touchedCount = 0;
    },
  };
  return row;
}
