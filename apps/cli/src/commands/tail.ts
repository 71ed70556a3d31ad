import type { Severity } from '@parapet/event-model';
import { Command } from 'commander';
import { openAlertStream } from '../api/alert-stream.ts';
import { CommandError, exitCodes } from '../command-error.ts';
import { commandName } from '../command-name.ts';
import { readRunningPlatform } from '../supervisor/data-dir.ts';
import { formatAlert } from '../terminal/alert-line.ts';
import { type CommandContext, dataDirOf } from './context.ts';
import { dataDirOption, minSeverityOption } from './options.ts';

interface TailArguments {
  readonly minSeverity?: Severity;
  readonly json: boolean;
  readonly url?: string;
  readonly token?: string;
  readonly dataDir?: string;
}

export function tailCommand(context: CommandContext): Command {
  return new Command('tail')
    .description('Print alerts as they are raised, until Ctrl-C.')
    .addOption(minSeverityOption())
    .option('--json', 'one JSON object a line', false)
    .option('--url <url>', 'GraphQL endpoint (PARAPET_URL; default: the platform that runs here)')
    .option('--token <token>', 'API key or JWT (PARAPET_TOKEN)')
    .addOption(dataDirOption())
    .addHelpText(
      'after',
      `
Further events of an open alert count up that alert and are not told again.
A lost connection is tried again. Alerts raised meanwhile are found with the query alerts(filter: { since: ... }).

Examples:
  PARAPET_TOKEN=ppt_... ${commandName} tail --min-severity high
  ${commandName} tail --json --url https://parapet.example/graphql | jq .title`,
    )
    .action((options: TailArguments) => tail(context, options));
}

async function tail(context: CommandContext, options: TailArguments): Promise<void> {
  const { terminal, env, signal } = context;
  const token = options.token ?? env['PARAPET_TOKEN'];
  if (!token) {
    throw new CommandError(
      `A token is needed: give --token or set PARAPET_TOKEN. Make one with: ${commandName} token create --scopes threats:read,assets:read --name tail`,
      { exitCode: exitCodes.usage },
    );
  }
  const running = readRunningPlatform(dataDirOf(context, options.dataDir));
  const url = options.url ?? (env['PARAPET_URL'] || (running?.graphqlUrl ?? 'http://127.0.0.1:4000/graphql'));
  if (!/^https?:\/\//.test(url))
    throw new CommandError(`${url} is no address of an endpoint: it starts with http:// or https://.`, {
      exitCode: exitCodes.usage,
    });
  const stream = openAlertStream({
    url,
    token,
    minSeverity: options.minSeverity,
    retries: 30,
    onAlert(alert) {
      terminal.print(options.json ? JSON.stringify(alert) : formatAlert(alert, terminal.style));
    },
    onLost: () => terminal.note('The connection is lost; trying again.'),
    onReconnect: () => terminal.note('Connected again; alerts raised meanwhile are not shown.'),
  });
  const stopped = new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  try {
    await Promise.race([stream.connected, stream.failed, stopped]);
    if (!signal.aborted) terminal.note(`Waiting for alerts of ${url}`);
    await Promise.race([stream.failed, stopped]);
  } finally {
    await stream.close();
  }
}
