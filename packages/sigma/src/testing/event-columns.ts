import type { ColumnBatch, FieldValue, Scalar, ValueTable } from '../column-batch.ts';
import { type EventObject, fieldValue, singleEvent } from '../single-event.ts';
import { writeAscii } from '../value-bytes.ts';

/** Tables that outlive a batch, by field. */
export type Tables = Map<
  string,
  ValueTable & { readonly codes: Map<string, number>; readonly values: FieldValue[] }
>;

/** Events as columns of codes over the given fields; tables are shared with earlier batches. */
export function toColumns(
  events: readonly EventObject[],
  fields: Iterable<string>,
  tables: Tables = new Map(),
): ColumnBatch {
  const columns = new Map<string, { dictionary: ValueTable; codes: Uint32Array }>();
  for (const field of fields) {
    const codes = new Uint32Array(events.length);
    let some = false;
    const table = tables.get(field) ?? newTable();
    tables.set(field, table);
    for (const [row, event] of events.entries()) {
      const value = fieldValue(event, field);
      if (value === undefined) continue;
      some = true;
      codes[row] = codeOf(table, value);
    }
    if (some) columns.set(field, { dictionary: table, codes });
  }
  return {
    length: events.length,
    field: (name) => columns.get(name),
    values: (row): Iterable<Scalar> => singleEvent(events[row] ?? {}).values(0),
    lookAtJson(row, look) {
      const json = encoder.encode(JSON.stringify(events[row] ?? {}));
      return look(json, 0, json.length);
    },
  };
}

const encoder = new TextEncoder();

function newTable(): NonNullable<ReturnType<Tables['get']>> {
  const values: FieldValue[] = [null];
  return {
    codes: new Map(),
    values,
    get size() {
      return values.length;
    },
    valueOf: (code) => values[code] ?? null,
    copyAscii(code, target) {
      const value = values[code];
      return typeof value === 'string' ? writeAscii(value, target) : -1;
    },
  };
}

function codeOf(table: NonNullable<ReturnType<Tables['get']>>, value: FieldValue): number {
  const key = JSON.stringify(value);
  let code = table.codes.get(key);
  if (code === undefined) {
    code = table.values.push(value) - 1;
    table.codes.set(key, code);
  }
  return code;
}
