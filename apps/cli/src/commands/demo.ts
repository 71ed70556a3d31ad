import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Command } from 'commander';
import { CommandError, ExitSignal } from '../command-error.ts';
import { commandName } from '../command-name.ts';
import { federatedQuery } from '../demo/federated-query.ts';
import { replayedNames, runDemo } from '../demo/run-demo.ts';
import { demoPrefix, removeStaleDemos } from '../demo/stale-demos.ts';
import { listCaptures } from '../input/list-captures.ts';
import { readExpectation, requireExpectedFiles } from '../matches/match-report.ts';
import { requireRules } from '../rules/require-rules.ts';
import { openDataDir, writeRunningPlatform } from '../supervisor/data-dir.ts';
import { lockDataDir } from '../supervisor/data-dir-lock.ts';
import { findFreePorts } from '../supervisor/ports.ts';
import type { Stack } from '../supervisor/stack.ts';
import { formatDuration } from '../terminal/duration.ts';
import { type CommandContext, resolvePath } from './context.ts';
import { collect, parseCount, rateOption } from './options.ts';
import { createToken, startStackOrExplain, supervisionReports } from './run-stack.ts';

interface DemoArguments {
  readonly capture: readonly string[];
  readonly rules: readonly string[];
  readonly keep: boolean;
  readonly rate?: number;
  readonly seed: number;
  readonly events: number;
  readonly expect: readonly string[];
  readonly known: readonly string[];
  readonly matches?: string;
}

/** Slow enough for the latency to be that of a quiet system, fast enough for a demo. */
const bundledRate = 4000;

export function demoCommand(context: CommandContext): Command {
  return new Command('demo')
    .description(
      'Start the platform in a temporary folder, replay a capture through it and show every alert as it is delivered.',
    )
    .option(
      '--capture <path>',
      'file or folder of events (NDJSON or a JSON array, also packed by gzip or zstd) instead of the bundled capture; may be repeated',
      collect,
      [],
    )
    .option(
      '--rules <dir>',
      'folder of Sigma rules instead of the bundled ones; may be repeated',
      collect,
      [],
    )
    .addOption(rateOption())
    .option('--keep', 'leave it running until Ctrl-C', false)
    .option('--events <count>', 'benign events of the bundled capture', parseCount, 20_000)
    .option('--seed <number>', 'seed of the bundled capture', parseCount, 7)
    .option(
      '--expect <file>',
      'NDJSON of {file, line|index, rules} that must match; may be repeated',
      collect,
      [],
    )
    .option(
      '--known <file>',
      'NDJSON of {rule, kind: missing|extra, file?, line?|index?, why}: differences that are explained',
      collect,
      [],
    )
    .option('--matches <file>', 'write the rules that matched each event, as NDJSON')
    .addHelpText(
      'after',
      `
Exit code 1 when something was lost: an event, an alert, a step of an intrusion, or an expected match.

Examples:
  ${commandName} demo
  ${commandName} demo --keep
  ${commandName} demo --capture ./captures --rules ~/sigma/rules --rules ~/sigma/rules-threat-hunting`,
    )
    .action((options: DemoArguments) => demo(context, options));
}

async function demo(context: CommandContext, given: DemoArguments): Promise<void> {
  const { terminal, signal } = context;
  const at = (name: string) => resolvePath(context, name);
  const expect = given.expect.map(at);
  const known = given.known.map(at);
  const expectation = expect.length === 0 ? undefined : await readExpectation({ expect, known });
  const files = listCaptures(given.capture.map(at), { except: [...expect, ...known], tell: terminal.note });
  if (expectation !== undefined) requireExpectedFiles(expectation, replayedNames(files), terminal.note);
  const rules = requireRules(context, given.rules);
  await removeStaleDemos(tmpdir());
  const folder = mkdtempSync(path.join(tmpdir(), demoPrefix));
  const dataDir = openDataDir(folder);
  const lock = lockDataDir(folder);
  let stack: Stack | undefined;
  try {
    terminal.note(`Starting Parapet in ${folder}`);
    stack = await startDemoStack(context, given, rules, dataDir);
    terminal.note(`Running after ${formatDuration(performance.now() - context.startedAt)}; replaying`);
    terminal.print();
    const token = await createToken(stack.databaseUrl, { name: 'demo', scopes: ['admin'] });
    if (token === undefined) throw new CommandError('No token could be made.');
    const good = await runDemo(
      {
        ...given,
        files,
        rate: given.rate ?? (files.length === 0 ? bundledRate : undefined),
        expectation,
        matches: given.matches === undefined ? undefined : at(given.matches),
        lakeDir: dataDir.lake,
        startedAt: context.startedAt,
      },
      { stack, token, terminal, signal },
    );
    if (given.keep) {
      writeRunningPlatform(dataDir, {
        pid: process.pid,
        graphqlUrl: stack.graphqlUrl,
        kafkaBrokers: stack.kafkaBrokers,
        databaseUrl: stack.databaseUrl,
      });
      await keep(context, stack, token, folder);
    }
    if (!good) throw new ExitSignal(1);
  } finally {
    terminal.note(`Stopping and removing ${folder}`);
    await stack?.stop();
    lock.release();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** A stack of its own on free ports, whatever Kafka and PostgreSQL the environment names for `parapet up`. */
async function startDemoStack(
  context: CommandContext,
  given: DemoArguments,
  rules: readonly string[],
  dataDir: ReturnType<typeof openDataDir>,
): Promise<Stack> {
  const [kafka = 0, postgres = 0, gateway = 0, events = 0, assets = 0, threats = 0] = await findFreePorts(6);
  const env = Object.fromEntries(
    Object.entries(context.env).filter(([name]) => !/^(KAFKA|SUBGRAPH|JWT|OPS|HTTP|LAKE)_/.test(name)),
  );
  return startStackOrExplain(
    {
      dataDir,
      ports: { kafka, postgres, gateway, events, assets, threats },
      gatewaySecret: randomBytes(32).toString('base64'),
      rules,
      development: given.keep,
      env,
    },
    supervisionReports(context.terminal, true),
    context.signal,
  );
}

async function keep(
  { terminal, signal }: CommandContext,
  stack: Stack,
  token: string,
  folder: string,
): Promise<void> {
  const { style } = terminal;
  terminal.print();
  terminal.print(style.bold('Still running'));
  terminal.print(
    `  GraphQL   ${stack.graphqlUrl}  (GraphiQL in a browser; subscriptions on the same address)`,
  );
  terminal.print(`  Kafka     ${stack.kafkaBrokers}  topic parapet.events.raw`);
  terminal.print(`  Token     ${token}`);
  terminal.print('  Try');
  terminal.print(
    `    curl -s ${stack.graphqlUrl} -H 'authorization: Bearer ${token}' -H 'content-type: application/json' \\`,
  );
  terminal.print(
    `      -d '{"query":"{ alerts(first: 5, filter: { minSeverity: high }) { nodes { title asset { name openAlertCount } } } }"}'`,
  );
  terminal.print(`    ${commandName} tail --url ${stack.graphqlUrl} --token ${token}`);
  terminal.print('    subscription { alertRaised(minSeverity: high) { title severity asset { name } } }');
  terminal.print(`    ${federatedQuery.replaceAll(/\s+/g, ' ')}`);
  terminal.note(`Data in ${folder}, removed at the end. Ctrl-C stops everything.`);
  const stopped = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
  await Promise.race([stopped, stack.failed]);
}
