export { createDatabase, type Database, type DatabaseOptions } from './database.ts';
export type { PrismaClient } from './generated/client.ts';
export { AlertStatus, Prisma, Severity } from './generated/client.ts';
export { applyMigrations, MigrationError, type MigrationStatus, migrationStatus } from './migrations.ts';
export { type NewMigrationOptions, newMigration } from './new-migration.ts';
export { isTransientDatabaseError } from './transient-error.ts';
