import type { EventBatch } from './columns/event-batch.ts';
import { observableTypeOf } from './profiles/ocsf-attributes.ts';

/** OCSF `observables`: something of an event that others can be found by. */
export interface Observable {
  /** Path of the attribute that holds it. */
  readonly name: string;
  /** OCSF observable type: 1 hostname, 2 IP address, 4 user name, 8 hash, ... */
  readonly type_id: number;
  readonly value: string;
}

/** More than this of one event is noise, and answers stay small. */
const maxObservables = 100;
const types = new Map<string, number | undefined>();

/**
 * The observables of one event, by path; each value of a list on its own. Derived from the mapped attributes, so that it
 * costs nothing to those who do not ask. What no attribute holds is in the raw event, which is always kept.
 */
export function observablesOf(batch: EventBatch, row: number): readonly Observable[] {
  const found: Observable[] = [];
  for (const path of batch.attributePaths()) {
    const type = typeOf(path);
    if (type === undefined) continue;
    const value = batch.attributeValue(row, path);
    if (value === undefined || value === null) continue;
    for (const one of typeof value === 'object' ? value : [value]) {
      if (one === null || one === '') continue;
      found.push({ name: path, type_id: type, value: String(one) });
      if (found.length >= maxObservables) return found;
    }
  }
  return found;
}

function typeOf(path: string): number | undefined {
  if (!types.has(path)) types.set(path, observableTypeOf(path));
  return types.get(path);
}
