import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Command } from 'commander';
import { generateCapture } from '../capture/generate-capture.ts';
import { CommandError } from '../command-error.ts';
import { formatCount } from '../terminal/duration.ts';
import { whyNot } from '../why-not.ts';
import { type CommandContext, resolvePath } from './context.ts';
import { parseCount } from './options.ts';

interface CaptureArguments {
  readonly events: number;
  readonly seed: number;
  readonly end?: Date;
}

/** For tests and benchmarks: writes what `parapet demo` replays. */
export function captureCommand(context: CommandContext): Command {
  return new Command('capture')
    .description('Write the bundled capture to a file, one event a line.')
    .argument('<file>')
    .option('--events <count>', 'benign events', parseCount, 20_000)
    .option('--seed <number>', 'the same seed gives the same events', parseCount, 7)
    .option('--end <time>', 'time of the last event, ISO 8601 (default: now)', (value) => new Date(value))
    .action(async (file: string, options: CaptureArguments) => {
      const end = (options.end ?? new Date()).getTime();
      if (Number.isNaN(end))
        throw new CommandError('--end is no time: give one such as 2026-01-15T10:00:00Z.');
      const records = generateCapture({ seed: options.seed, events: options.events, end });
      const target = resolvePath(context, file);
      const lines = records.map(({ value }) => Buffer.concat([value, Buffer.from('\n')]));
      try {
        await pipeline(Readable.from(lines), createWriteStream(target));
      } catch (error) {
        throw new CommandError(`${target} cannot be written: ${whyNot(error)}`, { cause: error });
      }
      context.terminal.note(`${formatCount(records.length)} records written to ${target}`);
    });
}
