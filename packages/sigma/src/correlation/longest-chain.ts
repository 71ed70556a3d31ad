import type { Window } from './tally.ts';
import type { WindowEntry } from './window-entry.ts';

interface Link {
  readonly entry: WindowEntry;
  readonly before: Link | undefined;
  readonly length: number;
}

/**
 * The longest run of entries of different sources in the order of the sources, times never falling. Entries are sorted
 * by time and source, so of one time any order can be had. Takes entries times sources.
 */
export function longestChain({ entries, start, end }: Window, sources: number): readonly WindowEntry[] {
  const best = new Array<Link | undefined>(sources).fill(undefined);
  for (let index = start; index < end; index++) {
    const entry = entries[index];
    if (entry === undefined) continue;
    let before: Link | undefined;
    for (let source = 0; source < entry.source; source++) before = longer(before, best[source]);
    const length = (before?.length ?? 0) + 1;
    // The newest of equals: what happened last explains the match best.
    if (length >= (best[entry.source]?.length ?? 0)) best[entry.source] = { entry, before, length };
  }
  const chain: WindowEntry[] = [];
  for (let link = best.reduce(longer, undefined); link !== undefined; link = link.before)
    chain.push(link.entry);
  return chain.reverse();
}

const longer = (one: Link | undefined, other: Link | undefined): Link | undefined =>
  (other?.length ?? 0) >= (one?.length ?? 0) ? other : one;
