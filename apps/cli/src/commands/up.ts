import { Command } from 'commander';
import { CommandError, exitCodes } from '../command-error.ts';
import { commandName } from '../command-name.ts';
import { requireRules } from '../rules/require-rules.ts';
import { openDataDir, readGatewaySecret, writeRunningPlatform } from '../supervisor/data-dir.ts';
import { lockDataDir } from '../supervisor/data-dir-lock.ts';
import { decidedVariables, ignoredVariables } from '../supervisor/ignored-variables.ts';
import { findFreePorts, requirePort } from '../supervisor/ports.ts';
import type { Stack } from '../supervisor/stack.ts';
import type { StackSettings } from '../supervisor/stack-env.ts';
import { formatDuration } from '../terminal/duration.ts';
import { type CommandContext, dataDirOf } from './context.ts';
import { collect, parsePort, parseWorkers } from './options.ts';
import { createToken, givenUp, startStackOrExplain, supervisionReports } from './run-stack.ts';

interface UpOptions {
  readonly dataDir?: string;
  readonly port: number;
  readonly kafkaPort: number;
  readonly rules: readonly string[];
  readonly workers?: number;
  readonly dev: boolean;
}

export function upCommand(context: CommandContext): Command {
  return new Command('up')
    .description(
      'Run the platform on this machine: broker, PostgreSQL, processor, subgraphs and gateway, until Ctrl-C.',
    )
    .option('--data-dir <dir>', 'where everything is kept (PARAPET_DATA_DIR; default ./.parapet)')
    .option('--port <port>', 'port of the GraphQL endpoint on 127.0.0.1', parsePort, 4000)
    .option('--kafka-port <port>', 'port of the Kafka broker on 127.0.0.1', parsePort, 9092)
    .option(
      '--rules <dir>',
      'folder of Sigma rules instead of the bundled ones; may be repeated (RULES_DIRS, separated by colons)',
      collect,
      [],
    )
    .option(
      '--workers <count>',
      'threads that process events (PROCESSOR_WORKERS; default: the cores there are)',
      parseWorkers,
    )
    .option('--dev', 'GraphiQL and introspection at the endpoint', false)
    .addHelpText(
      'after',
      `
KAFKA_BROKERS and DATABASE_URL name a Kafka and a PostgreSQL to use instead of the embedded ones.
The other variables of the processes (docs/CONFIGURATION.md) have their effect too, but not those that are set for you:
${decidedVariables}.

Examples:
  ${commandName} up
  ${commandName} up --port 4100 --kafka-port 9192 --data-dir /srv/parapet
  ${commandName} up --rules ~/sigma/rules --rules ./my-rules`,
    )
    .action((options: UpOptions) => up(context, options));
}

async function up(context: CommandContext, options: UpOptions): Promise<void> {
  const { terminal, env, signal } = context;
  refuseEqualPorts(options, env['KAFKA_BROKERS'] || undefined);
  const ignored = ignoredVariables(env);
  if (ignored !== undefined) terminal.note(terminal.style.yellow(ignored));
  const rules = rulesOf(context, options.rules);
  const dataDir = openDataDir(dataDirOf(context, options.dataDir));
  const lock = lockDataDir(dataDir.path);
  let stack: Stack | undefined;
  try {
    const settings = await settingsOf(options, dataDir);
    terminal.note(`Starting Parapet in ${dataDir.path}`);
    stack = await startStackOrExplain(settings, supervisionReports(terminal, false), signal);
    writeRunningPlatform(dataDir, { ...pickEndpoints(stack), pid: process.pid });
    const token = await createToken(stack.databaseUrl, {
      name: 'admin (made at the first start)',
      scopes: ['admin'],
      onlyFirst: true,
    });
    announce(context, stack, { token, development: settings.development });
    await untilStopped(stack, signal);
  } finally {
    if (stack) await stopNoting(stack, context);
    lock.release();
  }

  async function settingsOf(given: UpOptions, dir: StackSettings['dataDir']): Promise<StackSettings> {
    const kafkaBrokers = env['KAFKA_BROKERS'] || undefined;
    await requirePort(given.port, 'the GraphQL endpoint', '--port');
    if (kafkaBrokers === undefined) await requirePort(given.kafkaPort, 'the Kafka broker', '--kafka-port');
    const [postgres = 0, events = 0, assets = 0, threats = 0] = await findFreePorts(4, {
      except: [given.port, given.kafkaPort],
    });
    return {
      dataDir: dir,
      ports: { kafka: given.kafkaPort, gateway: given.port, postgres, events, assets, threats },
      gatewaySecret: env['GATEWAY_SECRET'] || readGatewaySecret(dir),
      rules,
      workers: given.workers,
      development: given.dev || env['PARAPET_ENV'] === 'development',
      env,
      kafkaBrokers,
      databaseUrl: env['DATABASE_URL'] || undefined,
    };
  }
}

/** The environment's folders, unless the command line names some. */
function rulesOf(context: CommandContext, given: readonly string[]): string[] {
  const named = (context.env['RULES_DIRS'] ?? '').split(':').flatMap((folder) => folder.trim() || []);
  return given.length > 0 || named.length === 0
    ? requireRules(context, given)
    : requireRules(context, named, 'RULES_DIRS');
}

/** Both are free when they are looked at, so that only the second to start would find the port taken. */
function refuseEqualPorts(options: UpOptions, kafkaBrokers: string | undefined): void {
  if (kafkaBrokers !== undefined || options.port !== options.kafkaPort) return;
  throw new CommandError(
    `The GraphQL endpoint and the Kafka broker cannot both have port ${options.port}: give --port and --kafka-port different ones.`,
    { exitCode: exitCodes.usage },
  );
}

async function stopNoting(stack: Stack, { terminal }: CommandContext): Promise<void> {
  terminal.note('Stopping');
  const startedAt = performance.now();
  await stack.stop();
  terminal.note(`Stopped after ${formatDuration(performance.now() - startedAt)}`);
}

const pickEndpoints = ({ graphqlUrl, kafkaBrokers, databaseUrl }: Stack) => ({
  graphqlUrl,
  kafkaBrokers,
  databaseUrl,
});

/** Resolves at Ctrl-C; rejects when a part was given up. */
async function untilStopped(stack: Stack, signal: AbortSignal): Promise<void> {
  const stopped = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
  try {
    await Promise.race([stopped, stack.failed]);
  } catch (error) {
    throw givenUp('Parapet cannot go on', error, '\nThe logs are in the folder logs of the data folder.');
  }
}

function announce(
  { terminal, startedAt }: CommandContext,
  stack: Stack,
  { token, development }: { readonly token: string | undefined; readonly development: boolean },
): void {
  const { style } = terminal;
  terminal.note(
    style.green(`Parapet is running (started in ${formatDuration(performance.now() - startedAt)}).`),
  );
  terminal.print(`GraphQL   ${stack.graphqlUrl}  (subscriptions on the same address)`);
  terminal.print(`Kafka     ${stack.kafkaBrokers}  topic parapet.events.raw`);
  if (token !== undefined) {
    terminal.print(`Token     ${style.bold(token)}`);
    terminal.print(
      `          An admin token, shown this once: keep it. More: ${commandName} token create --help`,
    );
  }
  terminal.print('Rejected  records are counted by the query { deadLetterCounts { reason count } }');
  if (!development) terminal.print('GraphiQL  in a browser at that address: start with --dev');
  terminal.note('Ctrl-C stops everything; the next start finds it again.');
}
