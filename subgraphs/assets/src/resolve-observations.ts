import type { AssetHandleKind, AssetName, Observation } from '@parapet/event-model';

/** An asset as it is kept. Its id is the handle of the name it was first known by. Times are epoch milliseconds. */
export interface AssetState {
  readonly id: string;
  readonly name: string;
  readonly kind: AssetHandleKind;
  readonly platform: string | null;
  readonly firstSeen: number;
  readonly lastSeen: number;
}

/** One name and the asset it belongs to. */
export interface NameState {
  readonly handle: string;
  readonly assetId: string;
  readonly kind: AssetHandleKind;
  readonly name: string;
  readonly firstSeen: number;
  readonly lastSeen: number;
  /** The latest time at which the name was seen together with the asset's own name; null for that own name itself. */
  readonly boundAt: number | null;
}

export interface UserState {
  readonly assetId: string;
  readonly user: string;
  readonly firstSeen: number;
  readonly lastSeen: number;
}

/** What is known about the names of some observations: their rows, and the assets that own them. */
export interface KnownAssets {
  readonly names: ReadonlyMap<string, NameState>;
  readonly assets: ReadonlyMap<string, AssetState>;
}

/** What to write; every state in it is whole and replaces the one before. */
export interface AssetChanges {
  readonly assets: readonly AssetState[];
  readonly names: readonly NameState[];
  /** To be widened, not replaced: what was known of users is not looked at. */
  readonly users: readonly UserState[];
  /** Assets that were an address alone and turned out to be another one: their users move, then they go. */
  readonly merges: readonly { readonly from: string; readonly into: string }[];
}

/** Strongest first. */
export const nameStrength: readonly AssetHandleKind[] = ['host', 'account', 'ip'];

/**
 * Identity resolution. A host or account is an asset by its own name. An address belongs to the asset that was last seen
 * with it, since addresses are lent; one that was only seen alone is an asset of its own until a host is seen with it. Two
 * hosts never become one. Observations may come again and in any order: who owns which name, and when names were seen, ends
 * the same.
 */
export function resolveObservations(known: KnownAssets, observations: readonly Observation[]): AssetChanges {
  const work = createWork(known);
  for (const observation of observations) {
    const names = [...observation.names].sort(
      (a, b) => nameStrength.indexOf(a.kind) - nameStrength.indexOf(b.kind),
    );
    const [strongest] = names;
    if (!strongest) continue;
    if (strongest.kind === 'ip') for (const name of names) seeAlone(work, name, observation);
    else seeTogether(work, strongest, names.slice(1), observation);
  }
  const current = new Set([...work.names.values()].map(({ assetId }) => assetId));
  return {
    assets: [...work.touchedAssets].flatMap((id) => (current.has(id) ? (work.assets.get(id) ?? []) : [])),
    names: [...work.touchedNames].flatMap((handle) => work.names.get(handle) ?? []),
    users: [...work.users.values()],
    merges: [...work.merges].map(([from, into]) => ({ from, into })),
  };
}

interface Work {
  readonly names: Map<string, NameState>;
  readonly assets: Map<string, AssetState>;
  readonly users: Map<string, UserState>;
  readonly merges: Map<string, string>;
  readonly touchedNames: Set<string>;
  readonly touchedAssets: Set<string>;
}

function createWork({ names, assets }: KnownAssets): Work {
  return {
    names: new Map(names),
    assets: new Map(assets),
    users: new Map(),
    merges: new Map(),
    touchedNames: new Set(),
    touchedAssets: new Set(),
  };
}

/** An address without a stronger name: it stands for the asset that owns it, or for itself. */
function seeAlone(work: Work, name: AssetName, observation: Observation): void {
  const owner = work.names.get(name.handle)?.assetId ?? name.handle;
  widenAsset(work, owner, name, observation);
  widenName(work, name, observation, { assetId: owner, boundAt: null });
}

function seeTogether(
  work: Work,
  strongest: AssetName,
  others: readonly AssetName[],
  observation: Observation,
): void {
  const id = work.names.get(strongest.handle)?.assetId ?? strongest.handle;
  widenAsset(work, id, strongest, observation);
  widenName(work, strongest, observation, { assetId: id, boundAt: null });
  for (const name of others) {
    const before = work.names.get(name.handle);
    if (before && !mayMove(before, id, observation.lastSeen)) {
      const bound = before.assetId === id && before.boundAt !== null;
      const boundAt = bound ? Math.max(before.boundAt, observation.lastSeen) : before.boundAt;
      widenName(work, name, observation, { assetId: before.assetId, boundAt });
      continue;
    }
    if (before && before.assetId === before.handle && before.assetId !== id) merge(work, before.assetId, id);
    widenName(work, name, observation, { assetId: id, boundAt: observation.lastSeen });
  }
}

/** Whether a name goes to `assetId`: the latest sight of both together decides; at the same time, the larger id. */
function mayMove(name: NameState, assetId: string, seenAt: number): boolean {
  if (name.boundAt === null) return name.kind === 'ip';
  if (name.assetId === assetId) return false;
  return seenAt > name.boundAt || (seenAt === name.boundAt && assetId > name.assetId);
}

function merge(work: Work, from: string, into: string): void {
  work.merges.set(from, into);
  const gone = work.assets.get(from);
  const stays = work.assets.get(into);
  if (gone && stays) {
    setAsset(work, {
      ...stays,
      platform: stays.platform ?? gone.platform,
      firstSeen: Math.min(stays.firstSeen, gone.firstSeen),
      lastSeen: Math.max(stays.lastSeen, gone.lastSeen),
    });
  }
  for (const [key, user] of work.users) {
    if (user.assetId !== from) continue;
    work.users.delete(key);
    widenUser(work, { ...user, assetId: into });
  }
}

function widenAsset(work: Work, id: string, name: AssetName, seen: Observation): void {
  const before = work.assets.get(id);
  const platform =
    before && before.lastSeen > seen.lastSeen
      ? (before.platform ?? seen.platform ?? null)
      : (seen.platform ?? before?.platform ?? null);
  setAsset(work, {
    id,
    name: before?.name ?? toStoredName(name.name),
    kind: before?.kind ?? name.kind,
    platform,
    firstSeen: Math.min(before?.firstSeen ?? seen.firstSeen, seen.firstSeen),
    lastSeen: Math.max(before?.lastSeen ?? seen.lastSeen, seen.lastSeen),
  });
  for (const name of seen.users) {
    widenUser(work, {
      assetId: id,
      user: toStoredName(name),
      firstSeen: seen.firstSeen,
      lastSeen: seen.lastSeen,
    });
  }
}

function setAsset(work: Work, asset: AssetState): void {
  work.assets.set(asset.id, asset);
  work.touchedAssets.add(asset.id);
}

function widenName(
  work: Work,
  { handle, kind, name }: AssetName,
  seen: Observation,
  owner: { assetId: string; boundAt: number | null },
): void {
  const before = work.names.get(handle);
  work.names.set(handle, {
    handle,
    kind,
    name: before?.name ?? toStoredName(name),
    firstSeen: Math.min(before?.firstSeen ?? seen.firstSeen, seen.firstSeen),
    lastSeen: Math.max(before?.lastSeen ?? seen.lastSeen, seen.lastSeen),
    assetId: owner.assetId,
    // Seeing an address alone says nothing about whose it is.
    boundAt: owner.boundAt ?? (before?.assetId === owner.assetId ? before.boundAt : null),
  });
  work.touchedNames.add(handle);
}

function widenUser(work: Work, user: UserState): void {
  const key = `${user.assetId} ${user.user}`;
  const before = work.users.get(key);
  work.users.set(key, {
    ...user,
    firstSeen: Math.min(before?.firstSeen ?? user.firstSeen, user.firstSeen),
    lastSeen: Math.max(before?.lastSeen ?? user.lastSeen, user.lastSeen),
  });
}

/** Cut to what an index entry can hold. */
function toStoredName(name: string): string {
  return name.slice(0, 500).toWellFormed();
}
