import {
  assetsOf,
  boundedText,
  type EventBatch,
  entitiesOf,
  type Observation,
  type SeenAsset,
} from '@parapet/event-model';
import { type AttributeLookup, createAttributeLookups } from './attribute-lookup.ts';

type Role = Observation['role'];

/** The parts of what an event says, each found from a few attributes. */
interface Telling {
  readonly assets: (batch: EventBatch) => AttributeLookup<readonly ShownAsset[]> | undefined;
  /** Who is seen on them; the empty text for nobody. */
  readonly users: (batch: EventBatch) => AttributeLookup<string> | undefined;
}

/**
 * An endpoint is looked at apart from the machine that saw it and from the other end, and a machine apart from its users:
 * pairs are many, the parts of them are few.
 */
const tellings: readonly Telling[] = [
  telling(
    ['device', 'cloud'],
    ['device.hostname', 'device.ip', 'cloud.account.uid'],
    ['actor.user.name', 'user.name'],
  ),
  telling(['endpoint'], ['src_endpoint.ip', 'device.ip'], []),
  telling(['endpoint'], ['dst_endpoint.ip', 'device.ip'], []),
];

function telling(roles: readonly Role[], assets: readonly string[], users: readonly string[]): Telling {
  return {
    assets: createAttributeLookups(assets, (batch, row) => assetsAt(withOnly(batch, assets), row, roles)),
    users: createAttributeLookups(users, (batch, row) => entitiesOf(withOnly(batch, users), row).user ?? ''),
  };
}

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
  readonly user: string;
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
  for (const { row, assets, user, first, last } of tellings.flatMap((one) => factsOf(batch, one))) {
    for (const {
      asset: { role, names },
      key,
    } of assets) {
      const users = role === 'endpoint' || user === '' || !isPerson(user) ? [] : [user];
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

function factsOf(batch: EventBatch, one: Telling): readonly Fact[] {
  const [assets, users] = [one.assets(batch), one.users(batch)];
  if (assets === undefined) return [];
  const facts: Fact[] = [];
  const byPair = new Map<number, Fact>();
  for (let row = 0; row < batch.length; row += 1) {
    const asset = assets.numberOf(row);
    const shown = assets.resultOf(asset, row);
    if (shown.length === 0) continue;
    const user = users?.numberOf(row) ?? 0;
    const time = batch.times[row] ?? 0;
    const pair = user * assets.size + asset;
    const fact = byPair.get(pair);
    if (fact === undefined) {
      const started = {
        row,
        assets: shown,
        user: users?.resultOf(user, row) ?? '',
        first: time,
        last: time,
      };
      byPair.set(pair, started);
      facts.push(started);
    } else {
      if (time < fact.first) fact.first = time;
      if (time > fact.last) fact.last = time;
    }
  }
  return facts;
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
