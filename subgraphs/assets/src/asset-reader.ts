import { Prisma, type PrismaClient } from '@parapet/database';
import type { AssetHandleKind } from '@parapet/event-model';
import { definePaging, type Page } from '@parapet/subgraph';
import { z } from 'zod';

export interface Asset {
  readonly id: string;
  readonly name: string;
  readonly kind: AssetHandleKind;
  readonly platform: string | null;
  readonly firstSeen: Date;
  readonly lastSeen: Date;
}

export interface Name {
  readonly handle: string;
  readonly kind: AssetHandleKind;
  readonly name: string;
  readonly firstSeen: Date;
  readonly lastSeen: Date;
}

export interface User {
  readonly name: string;
  readonly firstSeen: Date;
  readonly lastSeen: Date;
}

export interface AssetFilter {
  readonly search?: string | null;
  readonly kind?: AssetHandleKind | null;
  readonly platform?: string | null;
  readonly seenSince?: Date | null;
}

/** The latest seen first; the id breaks ties. */
export const assetPaging = definePaging({
  name: 'assets',
  version: 1,
  key: z.tuple([z.number(), z.string().max(100)]),
});
export type AssetPage = Page<[number, string]>;
export const assetKey = (asset: Asset): [number, string] => [asset.lastSeen.getTime(), asset.id];

export interface AssetReader {
  /** Assets by any of their handles; the answer is by the handle asked for. */
  byHandles(handles: readonly string[]): Promise<Map<string, Asset>>;
  list(filter: AssetFilter, page: AssetPage): Promise<Asset[]>;
  /** Names of each asset, the strongest and latest seen first; at most 1000 an asset. */
  names(assetIds: readonly string[]): Promise<Map<string, Name[]>>;
  /** Users of each asset, the latest seen first; at most 200 an asset. */
  users(assetIds: readonly string[]): Promise<Map<string, User[]>>;
}

const maxNames = 1000;
const maxUsers = 200;
const assetFields = Prisma.raw(
  `assets.id, assets.name, assets.kind, assets.platform, assets.first_seen AS "firstSeen", assets.last_seen AS "lastSeen"`,
);

export function createAssetReader(prisma: PrismaClient): AssetReader {
  return {
    async byHandles(handles) {
      const rows = await prisma.$queryRaw<(Asset & { handle: string })[]>`
        SELECT asset_handles.handle, ${assetFields}
        FROM asset_handles JOIN assets ON assets.id = asset_handles.asset_id
        WHERE asset_handles.handle = ANY(${handles as string[]}::text[])`;
      return new Map(rows.map(({ handle, ...asset }) => [handle, asset]));
    },
    list: (filter, page) => prisma.$queryRaw<Asset[]>`
      SELECT ${assetFields} FROM assets WHERE ${toConditions(filter, page)}
      ORDER BY last_seen DESC, id LIMIT ${page.limit}`,
    async names(assetIds) {
      const rows = await prisma.$queryRaw<(Name & { assetId: string })[]>`
        SELECT asset.id AS "assetId", known.* FROM unnest(${assetIds as string[]}::text[]) AS asset(id)
        CROSS JOIN LATERAL (
          SELECT handle, kind, name, first_seen AS "firstSeen", last_seen AS "lastSeen" FROM asset_handles
          WHERE asset_id = asset.id
          ORDER BY array_position(ARRAY['host', 'account', 'ip'], kind), last_seen DESC, handle LIMIT ${maxNames}
        ) AS known`;
      return Map.groupBy(rows, ({ assetId }) => assetId);
    },
    async users(assetIds) {
      const rows = await prisma.$queryRaw<(User & { assetId: string })[]>`
        SELECT asset.id AS "assetId", known.* FROM unnest(${assetIds as string[]}::text[]) AS asset(id)
        CROSS JOIN LATERAL (
          SELECT "user" AS name, first_seen AS "firstSeen", last_seen AS "lastSeen" FROM asset_users
          WHERE asset_id = asset.id ORDER BY last_seen DESC, "user" LIMIT ${maxUsers}
        ) AS known`;
      return Map.groupBy(rows, ({ assetId }) => assetId);
    },
  };
}

function toConditions(filter: AssetFilter, page: AssetPage): Prisma.Sql {
  const conditions = [Prisma.sql`true`];
  if (filter.kind != null) conditions.push(Prisma.sql`kind = ${filter.kind}`);
  if (filter.platform != null) conditions.push(Prisma.sql`platform = ${filter.platform.toLowerCase()}`);
  if (filter.seenSince)
    conditions.push(Prisma.sql`last_seen >= ${filter.seenSince.toISOString()}::timestamptz`);
  if (filter.search != null) {
    conditions.push(Prisma.sql`EXISTS (
      SELECT 1 FROM asset_handles
      WHERE asset_id = assets.id AND position(${filter.search.toLowerCase()} in lower(asset_handles.name)) > 0)`);
  }
  if (page.after) {
    const [time, id] = page.after;
    const at = Prisma.sql`${new Date(time).toISOString()}::timestamptz`;
    // The first half lets the index seek; the second breaks ties.
    conditions.push(Prisma.sql`last_seen <= ${at} AND (last_seen < ${at} OR id > ${id})`);
  }
  return Prisma.join(conditions, ' AND ');
}
