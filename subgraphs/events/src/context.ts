import type { KafkaClient } from '@parapet/kafka';
import type { EventCursor, EventQuery, Lake, LakeRow } from '@parapet/lake';
import { createLoader, type Identity, type Loader, type RequestScope, UserError } from '@parapet/subgraph';
import type { DeadLetterStore } from './dead-letter-store.ts';
import { askLake, narrowToAsset } from './event-search.ts';
import { createIngestStatus, type IngestStatus } from './ingest-status.ts';

export interface EventsStores {
  readonly lake: Lake;
  readonly deadLetters: DeadLetterStore;
  readonly kafka: Pick<KafkaClient, 'groupLag'>;
}

export interface EventSearch {
  readonly query: EventQuery;
  readonly first: number;
  readonly after?: EventCursor | undefined;
}

/** What one request of the events subgraph works with. */
export interface EventsContext {
  readonly identity: Identity;
  readonly signal: AbortSignal;
  readonly lake: Lake;
  readonly deadLetters: DeadLetterStore;
  readonly events: Loader<LakeRow | null>;
  readonly deadLetterBytes: Loader<Uint8Array>;
  readonly ingestStatus: () => IngestStatus;
  search(search: EventSearch): Promise<LakeRow[]>;
  /** Events about any of an asset's handles. */
  searchAsset(handles: readonly string[], search: EventSearch): Promise<LakeRow[]>;
}

/** Searches of one request that run at the same time: as many as the lake runs at all would leave none for others. */
const maxConcurrentSearches = 2;
/** Every asset costs a search of its own. */
const maxAssetSearches = 100;

export function createEventsContext(
  stores: EventsStores,
  identity: Identity,
  { signal }: RequestScope,
): EventsContext {
  const { lake, deadLetters } = stores;
  const searches = new Map<string, Promise<LakeRow[]>>();
  const takeTurn = createTurns(maxConcurrentSearches);

  async function search({ query, first, after }: EventSearch): Promise<LakeRow[]> {
    const { rows } = await askLake(lake, (open) =>
      open.search(query, { first, signal, ...(after && { after }) }),
    );
    return rows;
  }

  return {
    identity,
    signal,
    lake,
    deadLetters,
    events: createLoader(async (ids) => {
      const rows = await askLake(lake, (open) => open.byIds(ids, { signal }));
      return new Map(rows.map((row) => [row.id, row]));
    }, null),
    deadLetterBytes: createLoader((ids) => deadLetters.bytes(ids), new Uint8Array(), { maxBatchSize: 50 }),
    ingestStatus: () => createIngestStatus(stores, signal),
    search,
    async searchAsset(handles, wanted) {
      const query = narrowToAsset(wanted.query, handles);
      if (!query) return [];
      const narrowed = { ...wanted, query };
      const key = JSON.stringify(narrowed);
      // The same asset may be reached by several paths of one operation.
      const known = searches.get(key);
      if (known) return known;
      if (searches.size >= maxAssetSearches) {
        throw new UserError(
          'BAD_USER_INPUT',
          `\`Asset.events\` may be asked for at most ${maxAssetSearches} assets at once: ask for fewer assets.`,
        );
      }
      const found = takeTurn(() => search(narrowed));
      searches.set(key, found);
      return found;
    },
  };
}

/** Runs at most `max` works at a time, in the order they came. */
function createTurns(max: number): <T>(work: () => Promise<T>) => Promise<T> {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (running >= max) await new Promise<void>((resolve) => waiting.push(resolve));
    else running += 1;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };
}
