import DataLoader from 'dataloader';

export type Loader<V> = DataLoader<string, V>;

/**
 * A per-request loader: keys asked for in one tick become one call of `fetch`, which returns what it found by key; keys it did
 * not find load `missing`.
 * @param opts.maxBatchSize keys a call, at most. @default 500
 */
export function createLoader<V, M>(
  fetch: (keys: readonly string[]) => Promise<ReadonlyMap<string, V>>,
  missing: M,
  opts: { maxBatchSize?: number } = {},
): Loader<V | M> {
  return new DataLoader<string, V | M>(
    async (keys) => {
      const found = await fetch(keys);
      return keys.map((key) => found.get(key) ?? missing);
    },
    { maxBatchSize: opts.maxBatchSize ?? 500 },
  );
}
