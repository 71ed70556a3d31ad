import { mkdir, open, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { MigrationError, migrationStatus } from './migrations.ts';
import { migrationsFolder, readMigrations, schemaFile, toMigrationList } from './migrations-folder.ts';
import { withSchemaEngine } from './schema-engine.ts';

export interface NewMigrationOptions {
  /** A PostgreSQL whose user may create databases: the existing migrations run in a scratch database there. */
  readonly url: string;
  /** @default prisma/migrations of the project */
  readonly folder?: string;
  /** @default prisma/schema.prisma of the project */
  readonly schema?: string;
  /** Writes a migration though the schema has not changed, for SQL that a Prisma schema cannot express. */
  readonly custom?: boolean;
  readonly now?: Date;
}

/**
 * Writes the migration that leads from the migrations on disk to the schema. Resolves with the path of its script, or with
 * undefined when nothing has changed.
 * @throws {MigrationError} when the name or the schema is not usable.
 */
export async function newMigration(name: string, opts: NewMigrationOptions): Promise<string | undefined> {
  const { url, folder = migrationsFolder, schema = schemaFile, now = new Date() } = opts;
  if (!/^[a-z0-9]+(_[a-z0-9]+){0,11}$/.test(name) || name.length > 80) {
    throw new MigrationError(
      `"${name}" is no name for a migration: use up to 12 words of a-z and 0-9 joined by _, such as add_alert_owner.`,
    );
  }
  // Tells in plain words when the database cannot be reached, which the schema engine does not.
  await migrationStatus(url, folder);
  const migrations = await readMigrations(folder);
  const content = await readFile(schema, 'utf8');
  const sql = await withSchemaEngine(url, async (engine) => {
    const { stdout } = await engine.diff({
      from: { tag: 'migrations', ...toMigrationList(folder, migrations) },
      to: { tag: 'schemaDatamodel', files: [{ path: 'schema.prisma', content }] },
      script: true,
      exitCode: null,
      filters: { externalTables: [], externalEnums: [] },
    });
    return stdout ?? '';
  });
  const isEmpty = !/^[^-\s]/m.test(sql);
  if (isEmpty && !opts.custom) return undefined;
  const stamp = now.toISOString().replaceAll(/\D/g, '').slice(0, 14);
  const last = migrations.at(-1)?.name.slice(0, 14) ?? '';
  if (stamp <= last) {
    throw new MigrationError(
      `The last migration is of ${last}, this one would be of ${stamp}: set this machine's clock.`,
    );
  }
  return writeMigration(path.join(folder, `${stamp}_${name}`), isEmpty ? customScript : sql);
}

const customScript = '-- Write the SQL here. It runs in one transaction.\n';

async function writeMigration(target: string, sql: string): Promise<string> {
  const file = path.join(target, 'migration.sql');
  await mkdir(target, { recursive: true });
  try {
    const handle = await open(file, 'wx');
    await handle.writeFile(sql.endsWith('\n') ? sql : `${sql}\n`);
    await handle.close();
  } catch (error) {
    await rm(target, { recursive: true, force: true });
    throw error;
  }
  return file;
}
