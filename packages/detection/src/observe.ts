import {
  assetsOf,
  boundedText,
  type EventBatch,
  entitiesOf,
  type Observation,
  type SeenAsset,
} from '@parapet/event-model';
import { createTupleIndex, type TupleIndex } from './tuple-index.ts';

type Role = Observation['role'];

interface Telling {
  readonly roles: readonly Role[];
  /** Attributes that decide which assets of these roles an event shows. */
  readonly assets: readonly string[];
  /** Attributes that decide who is seen on them. */
  readonly users: readonly string[];
}

/**
 * What decides together what an event says. An endpoint is looked at apart from the machine that saw it and from the other
 * end, and a machine apart from its users: pairs are many, the parts of them are few.
 */
const tellings: readonly Telling[] = [
  {
    roles: ['device', 'cloud'],
    assets: ['device.hostname', 'device.ip', 'device.os.type', 'cloud.account.uid'],
    users: ['actor.user.name', 'user.name'],
  },
  { roles: ['endpoint'], assets: ['src_endpoint.ip', 'device.ip'], users: [] },
  { roles: ['endpoint'], assets: ['dst_endpoint.ip', 'device.ip'], users: [] },
];
const maxUsers = 16;
/** Accounts of the operating system, which say nothing about who uses a machine. */
const systemAccounts = new Set([
  'system',
  'local service',
  'network service',
  'anonymous logon',
  'lokaler dienst',
]);

interface ShownAsset {
  readonly asset: SeenAsset;
  readonly key: string;
}

/** Assets, and a user on them, with the times of the events that show both. */
interface Fact {
  readonly row: number;
  readonly assets: readonly ShownAsset[];
  readonly user: string | undefined;
  first: number;
  last: number;
}

/**
 * The assets that a batch shows, each distinct fact once. Events with equal names are looked at once; the users seen on
 * an asset are gathered (16 at most per observation; more make another one).
 */
export function observe(batch: EventBatch): readonly Observation[] {
  const merged = new Map<string, Observation>();
  const found: Observation[] = [];
  for (const { row, assets, user, first, last } of tellings.flatMap((telling) => factsOf(batch, telling))) {
    for (const {
      asset: { role, names },
      key,
    } of assets) {
      const users = role === 'endpoint' || user === undefined || !isPerson(user) ? [] : [user];
      const known = merged.get(key);
      if (
        known !== undefined &&
        (users.every((name) => known.users.includes(name)) || known.users.length < maxUsers)
      ) {
        known.firstSeen = Math.min(known.firstSeen, first);
        known.lastSeen = Math.max(known.lastSeen, last);
        for (const name of users) if (!known.users.includes(name)) known.users.push(name);
        continue;
      }
      const platform = role === 'device' ? batch.attributeValue(row, 'device.os.type') : undefined;
      const observation: Observation = {
        schema: 1,
        names: names.slice(0, 16),
        source: batch.source.slice(0, 100),
        role,
        firstSeen: first,
        lastSeen: last,
        users,
        ...(typeof platform === 'string' ? { platform: boundedText(platform.toLowerCase(), 100) } : {}),
      };
      merged.set(key, observation);
      found.push(observation);
    }
  }
  return found;
}

function factsOf(batch: EventBatch, { roles, assets, users }: Telling): readonly Fact[] {
  const [assetIndex, userIndex] = [indexOf(batch, assets), indexOf(batch, users)];
  // Without one of the attributes that name assets nothing is shown.
  if (assetIndex === undefined) return [];
  const shown: (readonly ShownAsset[])[] = [];
  const seen: (string | undefined)[] = [];
  const facts: Fact[] = [];
  const byPair = new Map<number, Fact>();
  const onlyAssets = withOnly(batch, assets);
  const onlyUsers = withOnly(batch, users);
  for (let row = 0; row < batch.length; row += 1) {
    const asset = assetIndex.numberOf(row);
    if (asset === shown.length) shown.push(assetsAt(onlyAssets, row, roles));
    const assetsHere = shown[asset] ?? [];
    if (assetsHere.length === 0) continue;
    const user = userIndex?.numberOf(row) ?? 0;
    if (user === seen.length) seen.push(users.length === 0 ? undefined : entitiesOf(onlyUsers, row).user);
    const time = batch.times[row] ?? 0;
    const pair = user * batch.length + asset;
    const fact = byPair.get(pair);
    if (fact === undefined) {
      const started = { row, assets: assetsHere, user: seen[user], first: time, last: time };
      byPair.set(pair, started);
      facts.push(started);
    } else {
      if (time < fact.first) fact.first = time;
      if (time > fact.last) fact.last = time;
    }
  }
  return facts;
}

function indexOf(batch: EventBatch, paths: readonly string[]): TupleIndex | undefined {
  const columns = paths.map((path) => batch.attribute(path)?.codes).filter((codes) => codes !== undefined);
  return columns.length === 0 ? undefined : createTupleIndex(columns);
}

/** The batch, as if it had these attributes and no others. */
function withOnly(batch: EventBatch, paths: readonly string[]): EventBatch {
  const attributeValue: EventBatch['attributeValue'] = (row, path) =>
    paths.includes(path) ? batch.attributeValue(row, path) : undefined;
  return Object.create(batch, { attributeValue: { value: attributeValue } });
}

function assetsAt(batch: EventBatch, row: number, roles: readonly Role[]): readonly ShownAsset[] {
  return assetsOf(batch, row)
    .filter(({ role }) => roles.includes(role))
    .map((asset) => ({
      asset,
      key: `${asset.role} ${asset.names.map((name) => name.handle).join(' ')}`,
    }));
}

function isPerson(user: string): boolean {
  return !user.endsWith('$') && !systemAccounts.has(user.toLowerCase());
}
