import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { Client } from 'pg';
import type { DataSource } from '../data-provider.ts';
import { EnrichmentConfigError } from '../enrichment-config.ts';

export interface PostgresSourceOptions {
  /** Name of the environment variable that holds the `postgres://` URL: the configuration itself has no secrets. */
  readonly urlFrom: string;
  /** One SELECT. Its columns are the fields of a record, by name. */
  readonly query: string;
  /** Longest time to connect, and longest time of the query, milliseconds. */
  readonly timeoutMs: number;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** More would not fit in memory beside the events. */
const maxRows = 1_000_000;
const maxBytes = 256 * 1024 * 1024;
const rowsAtOnce = 5_000;

/**
 * The rows of a query as records, one JSON object a line. Each read is a connection of its own, that can only read: nothing is open
 * between reads, so that a database that comes and goes needs no care. The rows are as a query sees them at one moment.
 *
 * @throws EnrichmentConfigError where the variable is not set or holds no URL of PostgreSQL
 */
export function createPostgresSource(options: PostgresSourceOptions): DataSource {
  const { urlFrom, query, timeoutMs } = options;
  const connectionString = urlOf(options);
  return {
    async read(version) {
      const client = new Client({
        connectionString,
        connectionTimeoutMillis: timeoutMs,
        statement_timeout: timeoutMs,
        query_timeout: timeoutMs + 1_000,
        application_name: 'parapet-enrichment',
      });
      // A connection that breaks is told by the query that waits for it.
      client.on('error', () => undefined);
      try {
        await client.connect();
        const lines = await readRows(client, query);
        const bytes = Buffer.concat(lines);
        const current = createHash('sha256').update(bytes).digest('hex');
        return current === version ? undefined : { bytes, modifiedAt: Date.now(), version: current };
      } catch (cause) {
        // Messages of PostgreSQL name roles and tables, never the password.
        const reason = cause instanceof Error && cause.message !== '' ? cause.message : codeOf(cause);
        throw new Error(`The database of ${urlFrom} cannot be read (${reason}).`, { cause });
      } finally {
        await client.end().catch(() => undefined);
      }
    },
  };
}

async function readRows(client: Client, query: string): Promise<readonly Buffer[]> {
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  // A cursor: the rows are never in memory twice. The extended protocol takes one statement, so that the transaction cannot be left.
  const declare = { text: `DECLARE parapet NO SCROLL CURSOR FOR ${query}`, queryMode: 'extended' };
  await client.query(declare);
  const lines: Buffer[] = [];
  let [rows, bytes] = [0, 0];
  for (;;) {
    const some = await client.query<Record<string, unknown>>(`FETCH ${rowsAtOnce} FROM parapet`);
    for (const row of some.rows) {
      const line = Buffer.from(`${JSON.stringify(row)}\n`);
      bytes += line.length;
      lines.push(line);
    }
    rows += some.rows.length;
    if (rows > maxRows || bytes > maxBytes)
      throw new Error(`the query yields more than ${maxRows} rows or ${maxBytes} bytes: choose fewer`);
    if (some.rows.length < rowsAtOnce) return lines;
  }
}

function urlOf({ urlFrom, environment }: PostgresSourceOptions): string {
  const url = environment[urlFrom];
  if (url === undefined || url === '')
    throw new EnrichmentConfigError(
      `The environment variable ${urlFrom}, which the enrichment configuration names, is not set: set it to postgres://USER:PASSWORD@HOST/DATABASE.`,
    );
  // What it holds is a secret and not repeated.
  if (!/^postgres(?:ql)?:$/.test(URL.parse(url)?.protocol ?? ''))
    throw new EnrichmentConfigError(
      `The environment variable ${urlFrom} holds no URL of the form postgres://USER:PASSWORD@HOST/DATABASE.`,
    );
  return url;
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
}
