import { Command } from 'commander';
import { commandName } from './command-name.ts';
import type { CommandContext } from './commands/context.ts';

type Load = (context: CommandContext) => Promise<Command>;

/** Each command's code is loaded only when it is asked for: `parapet rules check` needs no database. */
const commands: Readonly<Record<string, Load>> = {
  up: async (context) => (await import('./commands/up.ts')).upCommand(context),
  demo: async (context) => (await import('./commands/demo.ts')).demoCommand(context),
  replay: async (context) => (await import('./commands/replay.ts')).replayCommand(context),
  tail: async (context) => (await import('./commands/tail.ts')).tailCommand(context),
  token: async (context) => (await import('./commands/token.ts')).tokenCommand(context),
  sources: async (context) => (await import('./commands/sources.ts')).sourcesCommand(context),
  hunt: async (context) => (await import('./commands/hunt.ts')).huntCommand(context),
  rules: async (context) => (await import('./commands/rules.ts')).rulesCommand(context),
  migrate: async (context) => (await import('./commands/migrate.ts')).migrateCommand(context),
  capture: async (context) => (await import('./commands/capture.ts')).captureCommand(context),
};

/** The `parapet` command for one command line; loads the command that it names, or all of them for the help. */
export async function createProgram(
  context: CommandContext,
  args: readonly string[],
  version: string,
): Promise<Command> {
  const program = new Command(commandName)
    .description(
      'An open security event platform: events in over Kafka, Sigma detection, alerts and GraphQL out.',
    )
    .version(version, '-V, --version')
    .showHelpAfterError('Run the command with --help to see what it takes.')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.terminal.print(text.trimEnd()),
      writeErr: (text) => context.terminal.note(text.trimEnd()),
    })
    .addHelpText(
      'after',
      `
Exit codes: 0 done; 1 it did not succeed; 2 the command line is wrong; 78 the configuration is wrong; 130 interrupted.
PARAPET_DEBUG=1 adds stack traces to errors; NO_COLOR=1 leaves out colours.

Examples:
  ${commandName} demo
  ${commandName} up
  ${commandName} replay ./captures --rate 2000
  ${commandName} hunt ./logs --rules ~/sigma/rules
  ${commandName} tail --min-severity high`,
    );
  const named = Object.hasOwn(commands, args[0] ?? '') ? [args[0] ?? ''] : Object.keys(commands);
  for (const name of named) {
    const command = await commands[name]?.(context);
    if (command === undefined) continue;
    inherit(command, program);
    program.addCommand(command, { hidden: name === 'capture' });
  }
  return program;
}

/** Settings are copied to commands made by `.command()`, not to those that are added. */
function inherit(command: Command, from: Command): void {
  command.copyInheritedSettings(from);
  for (const child of command.commands) inherit(child, from);
}
