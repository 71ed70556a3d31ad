import { addAbortSignal } from 'node:stream';
import { topics } from '@parapet/event-model';
import { createKafka, type KafkaClient } from '@parapet/kafka';
import { createLogger, defineConfig, kafkaConfig } from '@parapet/service';
import { Command } from 'commander';
import { CommandError, messageOf } from '../command-error.ts';
import { commandName } from '../command-name.ts';
import { openInput } from '../input/inspect-input.ts';
import { listCaptures } from '../input/list-captures.ts';
import { type FileRecord, readRecords } from '../input/read-records.ts';
import { replay } from '../input/replay.ts';
import { readRunningPlatform } from '../supervisor/data-dir.ts';
import { formatCount, formatDuration } from '../terminal/duration.ts';
import { plural } from '../terminal/plural.ts';
import { type CommandContext, dataDirOf, resolvePath } from './context.ts';
import { dataDirOption, rateOption } from './options.ts';

interface ReplayArguments {
  readonly rate?: number;
  readonly topic: string;
  readonly brokers?: string;
  readonly dataDir?: string;
}

export function replayCommand(context: CommandContext): Command {
  return new Command('replay')
    .description(
      'Send the events of files to Kafka: NDJSON or a JSON array, also packed by gzip or zstd; folders at any depth.',
    )
    .argument('<path...>', 'files and folders')
    .addOption(rateOption())
    .option('--topic <topic>', 'Kafka topic', topics.rawEvents.name)
    .option('--brokers <list>', 'host:port,... (KAFKA_BROKERS; default: the platform that runs here)')
    .addOption(dataDirOption())
    .addHelpText(
      'after',
      `
Each event carries the headers parapet-file and parapet-line: base name of its file; line from 1, or index from 0 in an array.

Examples:
  ${commandName} replay ./captures --rate 2000
  ${commandName} replay events.ndjson.gz --brokers kafka-1:9092,kafka-2:9092`,
    )
    .action((paths: string[], options: ReplayArguments) => run(context, paths, options));
}

async function run(
  context: CommandContext,
  paths: readonly string[],
  options: ReplayArguments,
): Promise<void> {
  const { terminal, signal, env } = context;
  const files = listCaptures(
    paths.map((given) => resolvePath(context, given)),
    { tell: terminal.note },
  );
  const dataDir = dataDirOf(context, options.dataDir);
  const running = readRunningPlatform(dataDir);
  if (options.dataDir !== undefined && options.brokers === undefined && running === undefined)
    throw new CommandError(
      `No platform runs with its data in ${dataDir}. Start it (${commandName} up --data-dir ${dataDir}), or name Kafka with --brokers.`,
    );
  const config = defineConfig(kafkaConfig).parse({
    ...env,
    KAFKA_BROKERS: options.brokers ?? (env['KAFKA_BROKERS'] || (running?.kafkaBrokers ?? '127.0.0.1:9092')),
  });
  const kafka = createKafka({
    brokers: config.KAFKA_BROKERS,
    clientId: 'parapet-replay',
    ssl: config.KAFKA_SSL,
    ...(config.KAFKA_SASL_MECHANISM !== undefined && {
      sasl: {
        mechanism: config.KAFKA_SASL_MECHANISM,
        username: config.KAFKA_SASL_USERNAME ?? '',
        password: config.KAFKA_SASL_PASSWORD?.reveal() ?? '',
      },
    }),
    log: createLogger({ service: 'replay', level: 'silent' }),
  });
  const startedAt = performance.now();
  try {
    await requireKafka(kafka, config.KAFKA_BROKERS);
    const producer = await kafka.createProducer();
    const totals = await replay({
      producer,
      topic: options.topic,
      records: recordsOf(files, signal),
      rate: options.rate,
      signal,
      onProgress: ({ records }) => terminal.progress(`${formatCount(records)} events sent`),
    });
    const took = performance.now() - startedAt;
    terminal.print(
      `${plural(totals.records, 'event')} (${(totals.bytes / 1e6).toFixed(1)} MB) of ${plural(files.length, 'file')} sent to ${options.topic} in ${formatDuration(took)}`,
    );
  } finally {
    await kafka.close();
  }
}

async function requireKafka(kafka: KafkaClient, brokers: readonly string[]): Promise<void> {
  try {
    await kafka.ping();
  } catch (error) {
    const where = brokers.join(', ');
    throw new CommandError(
      `Kafka at ${where} cannot be reached. Is Parapet running (npm start)? Another Kafka is named with --brokers or KAFKA_BROKERS, ` +
        `a platform in another folder with --data-dir. The reason was: ${messageOf(error)}`,
      { cause: error },
    );
  }
}

async function* recordsOf(files: readonly string[], signal: AbortSignal): AsyncGenerator<FileRecord> {
  for (const file of files) yield* readRecords(file, addAbortSignal(signal, openInput(file)));
}
