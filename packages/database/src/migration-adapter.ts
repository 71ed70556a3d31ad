import { PrismaPg } from '@prisma/adapter-pg';
import {
  ColumnTypeEnum,
  DriverAdapterError,
  type SqlDriverAdapter,
  type SqlMigrationAwareDriverAdapterFactory,
  type SqlQuery,
  type SqlResultSet,
} from '@prisma/driver-adapter-utils';
import pg from 'pg';

/** OID of PostgreSQL's one-byte type "char", which the catalogs use and Prisma's adapter has no name for. */
const charOid = 18;
const textOid = 25;

/**
 * Connections for Prisma's schema engine. They differ from those of `@prisma/adapter-pg` in what migrations need:
 * - a script is sent whole (the adapter cuts it at every `;`, also inside strings and function bodies);
 * - a script and the engine's note that it is done are one transaction, so a migration is applied and noted, or neither,
 *   wherever the process dies;
 * - all statements go over one connection, which holds the locks; when it is lost, everything after it fails;
 * - columns of the catalogs' type "char" can be read.
 */
export function createMigrationAdapterFactory(url: string): SqlMigrationAwareDriverAdapterFactory {
  return {
    provider: 'postgres',
    adapterName: 'parapet-migrations',
    connect: () => connectAdapter({ connectionString: url }),
    connectToShadowDb: async () => {
      const database = `parapet_shadow_${crypto.randomUUID().replaceAll('-', '')}`;
      await runOnce(url, `CREATE DATABASE "${database}" TEMPLATE template0`);
      const shadow = new URL(url);
      shadow.pathname = `/${database}`;
      return connectAdapter({ connectionString: shadow.href }, () =>
        runOnce(url, `DROP DATABASE "${database}"`),
      );
    },
  };
}

async function runOnce(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

async function connectAdapter(
  config: pg.PoolConfig,
  afterEnd?: () => Promise<void>,
): Promise<SqlDriverAdapter> {
  const pool = new pg.Pool({
    ...config,
    max: 1,
    idleTimeoutMillis: 0,
    connectionTimeoutMillis: 10_000,
    application_name: 'parapet-migrate',
  });
  const client = await pool.connect().catch(async (error: unknown) => {
    await pool.end();
    throw error;
  });
  // A lost connection shows in the next statement; without a listener the event would end the process.
  client.on('error', () => {});
  // Columns that are handed to Prisma's adapter as text, by the rows they belong to, to name their true type afterwards.
  const charColumns = new WeakMap<object, number[]>();
  const query = async (...args: Parameters<typeof client.query>) => {
    const result = (await client.query(...args)) as unknown as pg.QueryResult;
    const columns = result.fields.flatMap((field, index) => (field.dataTypeID === charOid ? [index] : []));
    for (const index of columns) Object.assign(result.fields[index] ?? {}, { dataTypeID: textOid });
    if (columns.length > 0) charColumns.set(result.rows, columns);
    return result;
  };
  // Prisma's adapter asks the pool for every statement: hand all of them to the one connection.
  Object.assign(pool, { query });
  const adapter = await new PrismaPg(pool).connect();
  const read = adapter.queryRaw.bind(adapter);
  const queryRaw = async (sql: SqlQuery) => nameCharColumns(await read(sql), charColumns);
  Object.assign(adapter, { queryRaw });
  return withTransactionalScripts(adapter, client, async () => {
    client.release(true);
    await pool.end();
    await afterEnd?.();
  });
}

function nameCharColumns(result: SqlResultSet, charColumns: WeakMap<object, number[]>): SqlResultSet {
  for (const index of charColumns.get(result.rows) ?? [])
    result.columnTypes[index] = ColumnTypeEnum.Character;
  return result;
}

function withTransactionalScripts(
  adapter: SqlDriverAdapter,
  client: pg.PoolClient,
  dispose: () => Promise<void>,
): SqlDriverAdapter {
  const send = (sql: string) => adapter.executeRaw({ sql, args: [], argTypes: [] });
  let scriptIsOpen = false;

  /** The engine notes `finished_at` right after the script: that statement ends the script's transaction. */
  async function noteAndCommit<T>(sql: string, run: () => Promise<T>): Promise<T> {
    if (!scriptIsOpen) return run();
    const result = await run();
    if (sql.includes('finished_at')) {
      await send('COMMIT');
      scriptIsOpen = false;
    }
    return result;
  }

  return {
    provider: adapter.provider,
    adapterName: adapter.adapterName,
    queryRaw: (query) => noteAndCommit(query.sql, () => adapter.queryRaw(query)),
    executeRaw: (query) => noteAndCommit(query.sql, () => adapter.executeRaw(query)),
    executeScript: async (script) => {
      // Scripts outside of applying (a shadow database's set-up) follow one another without a note between them.
      if (scriptIsOpen) await send('COMMIT');
      await send('BEGIN');
      scriptIsOpen = true;
      try {
        // Without parameters pg uses the simple protocol, which takes any number of statements.
        await client.query(script);
      } catch (error) {
        scriptIsOpen = false;
        // Where the connection is lost, the server has rolled back.
        await send('ROLLBACK').catch(() => {});
        throw toScriptError(error);
      }
    },
    startTransaction: (isolationLevel) => adapter.startTransaction(isolationLevel),
    getConnectionInfo: () => adapter.getConnectionInfo?.() ?? { supportsRelationJoins: true },
    dispose,
  };
}

/** The engine passes on the message of Prisma's own errors alone. */
function toScriptError(error: unknown): DriverAdapterError {
  const known = error instanceof pg.DatabaseError ? error : undefined;
  const position = known?.position ? ` (at character ${known.position} of the script)` : '';
  return new DriverAdapterError({
    kind: 'postgres',
    code: known?.code ?? '08006',
    severity: known?.severity ?? 'ERROR',
    message: `${error instanceof Error ? error.message : String(error)}${position}`,
    detail: known?.detail,
    column: known?.column,
    hint: known?.hint,
  });
}
