import type { Prisma, PrismaClient } from '@parapet/database';
import type { AssetHandleKind, Observation } from '@parapet/event-model';
import { type AssetChanges, type KnownAssets, resolveObservations } from './resolve-observations.ts';

export interface AssetWriter {
  /** Applies observations in one transaction. Applying some again changes nothing. */
  applyObservations(observations: readonly Observation[]): Promise<{ assets: number; names: number }>;
}

/** Key of PostgreSQL's advisory lock; any number that nothing else uses. */
const writerLock = 7_270_403;

/**
 * One writer at a time, by a lock that ends with the transaction: an observation reads several rows that other ones may be
 * about to move, and taking turns by batch is cheaper than locking and retrying by row.
 */
export function createAssetWriter(prisma: PrismaClient): AssetWriter {
  return {
    applyObservations: (observations) =>
      prisma.$transaction(
        async (tx) => {
          await tx.$executeRaw`SELECT pg_advisory_xact_lock(${writerLock}::bigint)`;
          const handles = new Set(observations.flatMap(({ names }) => names.map(({ handle }) => handle)));
          const changes = resolveObservations(await load(tx, [...handles]), observations);
          await write(tx, changes);
          return { assets: changes.assets.length, names: changes.names.length };
        },
        { maxWait: 10_000, timeout: 30_000 },
      ),
  };
}

interface NameRow {
  handle: string;
  asset_id: string;
  kind: AssetHandleKind;
  name: string;
  first_seen: Date;
  last_seen: Date;
  bound_at: Date | null;
}

interface AssetRow {
  id: string;
  name: string;
  kind: AssetHandleKind;
  platform: string | null;
  first_seen: Date;
  last_seen: Date;
}

async function load(tx: Prisma.TransactionClient, handles: string[]): Promise<KnownAssets> {
  const names = await tx.$queryRaw<NameRow[]>`
    SELECT handle, asset_id, kind, name, first_seen, last_seen, bound_at FROM asset_handles
    WHERE handle = ANY(${handles}::text[])`;
  const ids = [...new Set(names.map((row) => row.asset_id))];
  const assets = await tx.$queryRaw<AssetRow[]>`
    SELECT id, name, kind, platform, first_seen, last_seen FROM assets WHERE id = ANY(${ids}::text[])`;
  return {
    names: new Map(
      names.map((row) => [
        row.handle,
        {
          handle: row.handle,
          assetId: row.asset_id,
          kind: row.kind,
          name: row.name,
          firstSeen: row.first_seen.getTime(),
          lastSeen: row.last_seen.getTime(),
          boundAt: row.bound_at?.getTime() ?? null,
        },
      ]),
    ),
    assets: new Map(
      assets.map((row) => [
        row.id,
        {
          id: row.id,
          name: row.name,
          kind: row.kind,
          platform: row.platform,
          firstSeen: row.first_seen.getTime(),
          lastSeen: row.last_seen.getTime(),
        },
      ]),
    ),
  };
}

async function write(tx: Prisma.TransactionClient, changes: AssetChanges): Promise<void> {
  const assets = changes.assets.map((asset) => ({ ...asset, ...toSeen(asset) }));
  await tx.$executeRaw`
    INSERT INTO assets (id, name, kind, platform, first_seen, last_seen)
    SELECT id, name, kind, platform, first_seen, last_seen
    FROM jsonb_to_recordset(${JSON.stringify(assets)}::jsonb) AS record(
      id text, name text, kind text, platform text, first_seen timestamptz, last_seen timestamptz)
    ON CONFLICT (id) DO UPDATE SET platform = excluded.platform, first_seen = excluded.first_seen,
      last_seen = excluded.last_seen`;
  const names = changes.names.map((name) => ({
    ...name,
    ...toSeen(name),
    asset_id: name.assetId,
    bound_at: name.boundAt === null ? null : toTimestamp(name.boundAt),
  }));
  await tx.$executeRaw`
    INSERT INTO asset_handles (handle, asset_id, kind, name, first_seen, last_seen, bound_at)
    SELECT handle, asset_id, kind, name, first_seen, last_seen, bound_at
    FROM jsonb_to_recordset(${JSON.stringify(names)}::jsonb) AS record(
      handle text, asset_id text, kind text, name text, first_seen timestamptz, last_seen timestamptz,
      bound_at timestamptz)
    ON CONFLICT (handle) DO UPDATE SET asset_id = excluded.asset_id, first_seen = excluded.first_seen,
      last_seen = excluded.last_seen, bound_at = excluded.bound_at`;
  if (changes.merges.length > 0) await moveUsers(tx, changes.merges);
  if (changes.users.length === 0) return;
  const users = changes.users.map((user) => ({ ...user, ...toSeen(user), asset_id: user.assetId }));
  await tx.$executeRaw`
    INSERT INTO asset_users (asset_id, "user", first_seen, last_seen)
    SELECT asset_id, "user", first_seen, last_seen
    FROM jsonb_to_recordset(${JSON.stringify(users)}::jsonb) AS record(
      asset_id text, "user" text, first_seen timestamptz, last_seen timestamptz)
    ON CONFLICT (asset_id, "user") DO UPDATE SET
      first_seen = least(asset_users.first_seen, excluded.first_seen),
      last_seen = greatest(asset_users.last_seen, excluded.last_seen)`;
}

async function moveUsers(tx: Prisma.TransactionClient, merges: AssetChanges['merges']): Promise<void> {
  const pairs = JSON.stringify(merges);
  await tx.$executeRaw`
    INSERT INTO asset_users (asset_id, "user", first_seen, last_seen)
    SELECT merge."into", known."user", min(known.first_seen), max(known.last_seen)
    FROM jsonb_to_recordset(${pairs}::jsonb) AS merge("from" text, "into" text)
    JOIN asset_users AS known ON known.asset_id = merge."from"
    GROUP BY merge."into", known."user"
    ON CONFLICT (asset_id, "user") DO UPDATE SET
      first_seen = least(asset_users.first_seen, excluded.first_seen),
      last_seen = greatest(asset_users.last_seen, excluded.last_seen)`;
  await tx.$executeRaw`DELETE FROM assets WHERE id = ANY(${merges.map(({ from }) => from)}::text[])`;
}

const earliest = Date.parse('0001-01-01T00:00:00Z');
const latest = Date.parse('9999-12-31T23:59:59.999Z');

function toSeen({ firstSeen, lastSeen }: { firstSeen: number; lastSeen: number }) {
  return { first_seen: toTimestamp(firstSeen), last_seen: toTimestamp(lastSeen) };
}

function toTimestamp(ms: number): string {
  return new Date(Math.min(latest, Math.max(earliest, ms))).toISOString();
}
