import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { MigrationList } from '@prisma/schema-engine-wasm';

export const prismaFolder = fileURLToPath(new URL('../../../prisma', import.meta.url));
export const migrationsFolder = path.join(prismaFolder, 'migrations');
export const schemaFile = path.join(prismaFolder, 'schema.prisma');

export interface Migration {
  /** Name of its folder: time and words, e.g. `20260101120000_first`. */
  readonly name: string;
  readonly sql: string;
  /** SHA-256 of the script in hex, as Prisma keeps it. */
  readonly checksum: string;
}

/** The migrations of a folder in the order they are applied. A folder that does not exist holds none. */
export async function readMigrations(folder: string): Promise<Migration[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return Promise.all(
    names.sort().map(async (name) => {
      const sql = await readFile(path.join(folder, name, 'migration.sql'), 'utf8');
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
    }),
  );
}

/** Migrations as the schema engine takes them. */
export function toMigrationList(folder: string, migrations: readonly Migration[]): MigrationList {
  return {
    baseDir: folder,
    lockfile: { path: 'migration_lock.toml', content: 'provider = "postgresql"\n' },
    shadowDbInitScript: '',
    migrationDirectories: migrations.map(({ name, sql }) => ({
      path: name,
      migrationFile: { path: 'migration.sql', content: { tag: 'ok', value: sql } },
    })),
  };
}
