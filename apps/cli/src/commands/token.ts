import { applyMigrations, createDatabase } from '@parapet/database';
import {
  type ApiKeyRecord,
  createApiKey,
  isApiKeyActive,
  listApiKeys,
  revokeApiKey,
} from '@parapet/database/api-keys';
import { isScope, scopes } from '@parapet/subgraph/scopes';
import { Command, InvalidArgumentError } from 'commander';
import { CommandError } from '../command-error.ts';
import { commandName } from '../command-name.ts';
import { printable } from '../terminal/terminal.ts';
import type { CommandContext } from './context.ts';
import { dataDirOption } from './options.ts';
import { useDatabase } from './use-database.ts';

type Prisma = ReturnType<typeof createDatabase>['prisma'];

export function tokenCommand(context: CommandContext): Command {
  const token = new Command('token').description(
    'Make, list and revoke the API keys of the GraphQL endpoint.',
  );
  token
    .command('create')
    .description('Make an API key and print its token, this once.')
    .requiredOption('--scopes <list>', `comma-separated: ${scopes.join(', ')}`, parseScopes)
    .requiredOption('--name <name>', 'who or what it is for')
    .option('--expires <when>', 'a date (2027-01-31) or a span from now (12h, 30d)', parseExpiry)
    .addOption(dataDirOption())
    .addHelpText(
      'after',
      `\nExample:\n  ${commandName} token create --scopes threats:read,assets:read --name dashboard --expires 90d`,
    )
    .action(async (options: { scopes: string[]; name: string; expires?: Date; dataDir?: string }) => {
      const made = await withKeys(context, options.dataDir, (prisma) =>
        createApiKey(prisma, { name: options.name, scopes: options.scopes, expiresAt: options.expires }),
      );
      context.terminal.print(made.token);
      context.terminal.note(`Key ${made.id}. The token is not kept and cannot be shown again.`);
    });
  token
    .command('list')
    .description('List the API keys, newest first.')
    .addOption(dataDirOption())
    .action(async (options: { dataDir?: string }) => {
      const keys = await withKeys(context, options.dataDir, listApiKeys);
      for (const key of keys) context.terminal.print(describeKey(key, new Date()));
      if (keys.length === 0) context.terminal.note('There are no API keys.');
    });
  token
    .command('revoke')
    .description('Revoke an API key: it is refused from then on.')
    .argument('<id>', `id of the key, see ${commandName} token list`)
    .addOption(dataDirOption())
    .action(async (id: string, options: { dataDir?: string }) => {
      const revoked = await withKeys(context, options.dataDir, (prisma) => revokeApiKey(prisma, id));
      if (!revoked)
        throw new CommandError(`There is no key ${id} that could be revoked. See: ${commandName} token list`);
      context.terminal.note(`Key ${id} is revoked.`);
    });
  return token;
}

function withKeys<T>(
  context: CommandContext,
  dataDir: string | undefined,
  work: (prisma: Prisma) => Promise<T>,
): Promise<T> {
  return useDatabase(context, dataDir, async (url) => {
    await applyMigrations(url);
    const database = createDatabase({ url, maxConnections: 1 });
    try {
      return await work(database.prisma);
    } catch (error) {
      if (error instanceof RangeError) throw new CommandError(error.message, { cause: error });
      throw error;
    } finally {
      await database.close();
    }
  });
}

function describeKey(key: ApiKeyRecord, now: Date): string {
  const state = key.revokedAt
    ? `revoked ${key.revokedAt.toISOString()}`
    : isApiKeyActive(key, now)
      ? key.expiresAt
        ? `until ${key.expiresAt.toISOString()}`
        : 'active'
      : 'expired';
  return [key.id, state.padEnd(34), key.scopes.join(',').padEnd(40), printable(key.name)].join('  ');
}

export function parseScopes(value: string): string[] {
  const list = value
    .split(',')
    .map((scope) => scope.trim())
    .filter((scope) => scope !== '');
  const unknown = list.filter((scope) => !isScope(scope));
  if (list.length === 0 || unknown.length > 0)
    throw new InvalidArgumentError(
      `${unknown.length > 0 ? `Unknown: ${unknown.join(', ')}. ` : ''}Scopes are ${scopes.join(', ')}.`,
    );
  return list;
}

const units: Readonly<Record<string, number>> = { h: 3_600_000, d: 86_400_000 };

export function parseExpiry(value: string): Date {
  const span = /^(\d{1,5})([hd])$/.exec(value);
  const time = span
    ? Date.now() + Number(span[1]) * (units[span[2] ?? ''] ?? 0)
    : /^\d{4}-\d{2}-\d{2}/.test(value)
      ? Date.parse(value)
      : Number.NaN;
  if (time > Date.now()) return new Date(time);
  throw new InvalidArgumentError('Give a date in the future (2027-01-31) or a span (12h, 30d).');
}
