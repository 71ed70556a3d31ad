import { applyMigrations, MigrationError, migrationStatus, newMigration } from '@parapet/database';
import { Command } from 'commander';
import { CommandError, ExitSignal, exitCodes } from '../command-error.ts';
import { commandName } from '../command-name.ts';
import type { CommandContext } from './context.ts';
import { dataDirOption } from './options.ts';
import { useDatabase } from './use-database.ts';

interface MigrateOptions {
  readonly dataDir?: string;
}

export function migrateCommand(context: CommandContext): Command {
  const { terminal } = context;
  const migrate = new Command('migrate')
    .description('Look at, apply and write database migrations.')
    .addHelpText(
      'after',
      `\nThe database is DATABASE_URL, else that of the data folder.\n\nExamples:\n  ${commandName} migrate status\n  ${commandName} migrate new add_alert_owner`,
    );
  migrate
    .command('status')
    .description('List migrations; exit code 1 when the database is not up to date.')
    .addOption(dataDirOption())
    .action((options: MigrateOptions) => explained(() => useDatabase(context, options.dataDir, status)));
  migrate
    .command('apply')
    .description('Apply what is pending.')
    .addOption(dataDirOption())
    .action((options: MigrateOptions) =>
      explained(async () => {
        const log = (line: string) => terminal.note(line);
        const applied = await useDatabase(context, options.dataDir, (url) => applyMigrations(url, { log }));
        terminal.print(applied.length === 0 ? 'Nothing is pending.' : `Applied ${applied.join(', ')}.`);
      }),
    );
  migrate
    .command('new')
    .description('Write the migration that leads to prisma/schema.prisma.')
    .argument('<name>', 'words of a-z and 0-9 joined by _')
    .option('--custom', 'write one though the schema has not changed, for SQL of your own', false)
    .addOption(dataDirOption())
    .action((name: string, options: MigrateOptions & { custom: boolean }) =>
      explained(async () => {
        const file = await useDatabase(context, options.dataDir, (url) =>
          newMigration(name, { url, custom: options.custom }),
        );
        terminal.print(file ?? 'The schema has not changed since the last migration.');
      }),
    );
  return migrate;

  async function status(url: string): Promise<void> {
    const found = await migrationStatus(url);
    const groups = Object.entries(found) as [string, readonly string[]][];
    for (const [state, names] of groups)
      for (const name of names) terminal.print(`${state.padEnd(8)} ${name}`);
    const current = groups.every(([state, names]) => state === 'applied' || names.length === 0);
    if (!current) throw new ExitSignal(exitCodes.failed);
  }
}

async function explained(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (error instanceof MigrationError) throw new CommandError(error.message, { cause: error });
    throw error;
  }
}
