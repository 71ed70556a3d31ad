import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import { PrismaClient } from './generated/client.ts';

export interface Database {
  readonly prisma: PrismaClient;
  /** Resolves when PostgreSQL answers within two seconds; rejects otherwise. */
  ping(): Promise<void>;
  /** Ends all connections once their statements are done. Call it when nothing uses the client any more. */
  close(): Promise<void>;
}

export interface DatabaseOptions {
  /** `postgresql://user:password@host:port/database` */
  readonly url: string;
  /** Connections at most. @default 8 */
  readonly maxConnections?: number;
  /** A statement that takes longer is cancelled by the server. @default 30000 */
  readonly statementTimeoutMs?: number;
  /** Shown in pg_stat_activity. @default 'parapet' */
  readonly applicationName?: string;
}

/** A pool of connections with bounds, and Prisma on it. Connects when first used; survives restarts of PostgreSQL. */
export function createDatabase(opts: DatabaseOptions): Database {
  const { url, maxConnections = 8, statementTimeoutMs = 30_000, applicationName = 'parapet' } = opts;
  const pool = new pg.Pool({
    connectionString: url,
    max: maxConnections,
    connectionTimeoutMillis: 5000,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    statement_timeout: statementTimeoutMs,
    // A process that is killed in a transaction must not hold its locks until the kernel gives up on the connection.
    idle_in_transaction_session_timeout: statementTimeoutMs * 2,
    application_name: applicationName,
  });
  // An idle connection that PostgreSQL closes is dropped by the pool; the next statement opens another.
  pool.on('error', () => {});
  const prisma = new PrismaClient({ adapter: new PrismaPg(pool, { disposeExternalPool: true }) });
  let closing: Promise<void> | undefined;
  return {
    prisma,
    ping: async () => {
      await pool.query({ text: 'SELECT 1', query_timeout: 2000 } as pg.QueryConfig);
    },
    close: () => {
      closing ??= closeAll(prisma, pool);
      return closing;
    },
  };
}

async function closeAll(prisma: PrismaClient, pool: pg.Pool): Promise<void> {
  await prisma.$disconnect();
  if (!pool.ended && !pool.ending) await pool.end();
}
