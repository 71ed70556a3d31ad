import type { FieldValue, Scalar } from '../column-batch.ts';
import { normal } from './window-entry.ts';

/** What makes two events one group, as a text; undefined when a value is absent or null. */
export function groupKeyOf(fields: number, values: readonly (FieldValue | undefined)[]): string | undefined {
  const parts: (string | readonly string[])[] = [];
  for (let index = 0; index < fields; index++) {
    const value = values[index];
    if (value === undefined || value === null) return undefined;
    parts.push(Array.isArray(value) ? value.map(normal) : normal(value as Scalar));
  }
  return JSON.stringify(parts);
}
