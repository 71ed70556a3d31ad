import { existsSync } from 'node:fs';
import { startEmbeddedPostgres } from '@parapet/database/embedded';
import { CommandError } from '../command-error.ts';
import { openDataDir, readRunningPlatform } from '../supervisor/data-dir.ts';
import { lockDataDir } from '../supervisor/data-dir-lock.ts';
import { type CommandContext, dataDirOf } from './context.ts';

/**
 * Runs `work` with the address of the database: DATABASE_URL, else that of the platform running in the data folder, else
 * the embedded PostgreSQL of that folder, started for as long as the work takes.
 */
export async function useDatabase<T>(
  context: CommandContext,
  givenDir: string | undefined,
  work: (url: string) => Promise<T>,
): Promise<T> {
  const { env, terminal } = context;
  if (env['DATABASE_URL']) return work(env['DATABASE_URL']);
  const dir = dataDirOf(context, givenDir);
  const running = readRunningPlatform(dir);
  if (running) return work(running.databaseUrl);
  if (!existsSync(dir)) {
    throw new CommandError(
      `There is no data in ${dir}. Start Parapet once (npm start), name its folder with --data-dir, or set DATABASE_URL.`,
    );
  }
  const dataDir = openDataDir(dir);
  const lock = lockDataDir(dir);
  try {
    terminal.note(`Starting the PostgreSQL of ${dir} for this command`);
    const postgres = await startEmbeddedPostgres({ dir: dataDir.postgres });
    try {
      return await work(postgres.url);
    } finally {
      await postgres.stop();
    }
  } finally {
    lock.release();
  }
}
