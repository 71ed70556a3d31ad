/**
 * Whether every text in a JSON value can be stored: PostgreSQL takes neither the NUL character nor half of a surrogate pair,
 * and fails on them. That would look like a fault of ours, and enough of those switch a subgraph off for everybody.
 */
export function isStorable(value: unknown): boolean {
  if (typeof value === 'string') return !value.includes('\0') && value.isWellFormed();
  if (Array.isArray(value)) return value.every(isStorable);
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(([name, each]) => isStorable(name) && isStorable(each));
}

/** Whether a GraphQL document holds no text that cannot be stored. Halves of surrogate pairs are refused by its parser. */
export function isStorableDocument(source: string): boolean {
  return isStorable(source) && !/\\u(?:0000|\{0+\})/.test(source);
}
