import { createDatabase } from '@parapet/database';
import { createApiKey } from '@parapet/database/api-keys';
import { CommandError, exitCodes, messageOf } from '../command-error.ts';
import { FatalStartError } from '../supervisor/member.ts';
import { type Stack, type StackReports, startStack } from '../supervisor/stack.ts';
import type { StackSettings } from '../supervisor/stack-env.ts';
import type { SupervisionEvent } from '../supervisor/supervise.ts';
import { formatDuration } from '../terminal/duration.ts';
import { plural } from '../terminal/plural.ts';
import { printable, type Terminal } from '../terminal/terminal.ts';

/** Tells a person what the supervisor does. `brief` leaves out what goes as planned. */
export function supervisionReports(terminal: Terminal, brief: boolean): StackReports {
  const { style } = terminal;
  const repeated = new Map<string, number>();
  return {
    onEvent(event) {
      const line = describe(event, terminal);
      if (line !== undefined && !(brief && isPlanned(event))) terminal.note(line);
    },
    onProblem(part, { level, message }) {
      const label = part.padEnd(10);
      const text = printable(message, 500);
      if (level === 'warn') return terminal.note(`${style.yellow(label)} ${text}`);
      if (level !== 'error' && level !== 'fatal') return terminal.note(`${label} ${text}`);
      // A part that cannot reach another says so at every try: once in ten seconds is enough for a person.
      const now = performance.now();
      const key = `${part} ${message}`;
      if (now - (repeated.get(key) ?? Number.NEGATIVE_INFINITY) < 10_000) return;
      if (repeated.size > 1000) repeated.clear();
      repeated.set(key, now);
      terminal.note(`${style.red(label)} ${text}`);
    },
  };
}

type Event = SupervisionEvent | { readonly kind: 'migrated'; readonly applied: readonly string[] };

const isPlanned = (event: Event) => event.kind === 'migrated' || (event.kind === 'ready' && !event.restarted);

function describe(event: Event, { style }: Terminal): string | undefined {
  switch (event.kind) {
    case 'migrated':
      return event.applied.length === 0
        ? undefined
        : `${'database'.padEnd(10)} applied ${plural(event.applied.length, 'migration')}`;
    case 'ready':
      return `${event.member.padEnd(10)} ${event.restarted ? 'running again' : 'ready'} ${style.dim(`after ${formatDuration(event.tookMs)}`)}`;
    case 'died':
      return style.yellow(
        `${event.member.padEnd(10)} ended with ${event.exit.signal ?? `code ${event.exit.code}`}; starting it again in ${formatDuration(event.delayMs)}`,
      );
    case 'start-failed':
      return style.yellow(
        `${event.member.padEnd(10)} ${event.reason}; trying again in ${formatDuration(event.delayMs)}`,
      );
  }
}

/** {@link startStack} for a command: what goes wrong becomes a message for a person. */
export async function startStackOrExplain(
  settings: StackSettings,
  reports: StackReports,
  signal: AbortSignal,
): Promise<Stack> {
  try {
    return await startStack(settings, reports, signal);
  } catch (error) {
    if (signal.aborted || error instanceof CommandError) throw error;
    throw givenUp('Parapet did not start', error);
  }
}

/** Why the platform ends: with the exit code of a wrong configuration when a part refused its own. */
export function givenUp(what: string, cause: unknown, more = ''): CommandError {
  return new CommandError(`${what}: ${messageOf(cause)}${more}`, {
    cause,
    exitCode: cause instanceof FatalStartError ? exitCodes.config : exitCodes.failed,
  });
}

/** Makes an API key straight in the database; `onlyFirst` makes none when there is one already. */
export async function createToken(
  databaseUrl: string,
  key: {
    readonly name: string;
    readonly scopes: readonly string[];
    readonly expiresAt?: Date;
    readonly onlyFirst?: boolean;
  },
): Promise<string | undefined> {
  const database = createDatabase({ url: databaseUrl, maxConnections: 1 });
  try {
    if (key.onlyFirst && (await database.prisma.apiKey.count()) > 0) return undefined;
    return (await createApiKey(database.prisma, key)).token;
  } finally {
    await database.close();
  }
}
