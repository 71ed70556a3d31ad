import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import type { Condition } from './event-query.ts';
import { LakeError } from './lake-error.ts';

export interface Duckdb {
  /** Runs one statement with values bound by name. Aborting interrupts it. */
  rows(sql: string, bound: Omit<Condition, 'sql'>, signal?: AbortSignal): Promise<Record<string, unknown>[]>;
  /** Waits for statements under way, then frees everything. */
  close(): Promise<void>;
}

export interface DuckdbOptions {
  /** The only folder it may read and write. */
  readonly dir: string;
  readonly temporaryDir: string;
  readonly memoryLimitMb: number;
  readonly threads: number;
  /** Statements that run at the same time; others wait for their turn. */
  readonly maxConcurrent: number;
  readonly maxWaiting: number;
}

/** DuckDB in this process, in memory, shut in: no extension is loaded from anywhere and no file outside `dir` is touched. */
export async function openDuckdb(options: DuckdbOptions): Promise<Duckdb> {
  const instance = await DuckDBInstance.create(':memory:', {
    memory_limit: `${options.memoryLimitMb}MB`,
    threads: String(options.threads),
    temp_directory: options.temporaryDir,
    max_temp_directory_size: '10GB',
    preserve_insertion_order: 'false',
    autoload_known_extensions: 'false',
    autoinstall_known_extensions: 'false',
    allow_community_extensions: 'false',
  });
  const setUp = await instance.connect();
  await setUp.run(`SET allowed_directories = [${quote(`${options.dir}/`)}]`);
  await setUp.run('SET enable_external_access = false');
  await setUp.run('SET lock_configuration = true');
  setUp.closeSync();

  const turns = createTurns(options.maxConcurrent, options.maxWaiting);
  let closed = false;

  return {
    async rows(sql, { values, types }, signal) {
      if (closed) throw new LakeError('CLOSED', 'The lake is closed.');
      signal?.throwIfAborted();
      await turns.take(signal);
      let connection: DuckDBConnection | undefined;
      let repeat: NodeJS.Timeout | undefined;
      const interrupt = (): void => {
        connection?.interrupt();
        // An interrupt that comes before the statement has started is lost.
        repeat ??= setInterval(interrupt, 50);
      };
      try {
        connection = await instance.connect();
        signal?.throwIfAborted();
        signal?.addEventListener('abort', interrupt);
        const reader = await connection.runAndReadAll(sql, values, types);
        return reader.getRowObjectsJS() as Record<string, unknown>[];
      } catch (error) {
        if (signal?.aborted)
          throw new LakeError('ABORTED', 'The search was stopped before it ended.', signal.reason);
        throw error;
      } finally {
        signal?.removeEventListener('abort', interrupt);
        clearInterval(repeat);
        connection?.closeSync();
        turns.give();
      }
    },
    async close() {
      closed = true;
      await turns.idle();
      instance.closeSync();
    },
  };
}

/** A string as an SQL literal. For our own file names only: what comes from outside is bound. */
export const quote = (text: string): string => `'${text.replaceAll("'", "''")}'`;

function createTurns(max: number, maxWaiting: number) {
  let taken = 0;
  const waiting: (() => void)[] = [];
  const idlers: (() => void)[] = [];
  return {
    async take(signal?: AbortSignal): Promise<void> {
      if (taken < max) {
        taken += 1;
        return;
      }
      if (waiting.length >= maxWaiting)
        throw new LakeError('BUSY', 'Too many searches are waiting. Try again in a moment.');
      await new Promise<void>((resolve, reject) => {
        const turn = (): void => {
          signal?.removeEventListener('abort', leave);
          resolve();
        };
        const leave = (): void => {
          waiting.splice(waiting.indexOf(turn), 1);
          reject(new LakeError('ABORTED', 'The search was stopped before its turn came.', signal?.reason));
        };
        waiting.push(turn);
        signal?.addEventListener('abort', leave, { once: true });
      });
    },
    give(): void {
      const next = waiting.shift();
      if (next) {
        next();
        return;
      }
      taken -= 1;
      if (taken === 0) for (const idle of idlers.splice(0)) idle();
    },
    idle: (): Promise<void> =>
      taken === 0 ? Promise.resolve() : new Promise((resolve) => idlers.push(resolve)),
  };
}
