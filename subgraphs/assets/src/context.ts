import { createLoader, type Identity, type Loader } from '@parapet/subgraph';
import type { Asset, AssetReader, Name, User } from './asset-reader.ts';

/** What one request of the assets subgraph works with. */
export interface AssetsContext {
  readonly identity: Identity;
  readonly reader: AssetReader;
  /** By any handle. */
  readonly assets: Loader<Asset | null>;
  /** By asset id. */
  readonly names: Loader<readonly Name[]>;
  /** By asset id. */
  readonly users: Loader<readonly User[]>;
}

export function createAssetsContext(reader: AssetReader, identity: Identity): AssetsContext {
  return {
    identity,
    reader,
    assets: createLoader((handles) => reader.byHandles(handles), null),
    names: createLoader((ids) => reader.names(ids), [] as readonly Name[]),
    users: createLoader((ids) => reader.users(ids), [] as readonly User[]),
  };
}
