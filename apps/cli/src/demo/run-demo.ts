import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { topics } from '@parapet/event-model';
import { createKafka } from '@parapet/kafka';
import { createLogger } from '@parapet/service';
import { z } from 'zod';
import type { Alert } from '../api/alert.ts';
import { openAlertStream } from '../api/alert-stream.ts';
import { createGraphqlClient, type GraphqlClient } from '../api/graphql-client.ts';
import { captureName, generateCapture, intrusions } from '../capture/generate-capture.ts';
import { CommandError } from '../command-error.ts';
import { readRecords } from '../input/read-records.ts';
import { type ReplayRecord, type ReplayTotals, replay } from '../input/replay.ts';
import { type Expectation, printVerdict, reportMatches, toLines } from '../matches/match-report.ts';
import type { Stack } from '../supervisor/stack.ts';
import { formatAlert } from '../terminal/alert-line.ts';
import { formatCount, formatDuration } from '../terminal/duration.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { createDeliveryLog, type DeliveryLog, fetchAlerts } from './alert-log.ts';
import { showFederatedQuery } from './federated-query.ts';
import { readLakeMatches } from './lake-matches.ts';
import { settle } from './settle.ts';
import { tellStories } from './stories.ts';
import { printStories, printSummary } from './summary.ts';

export interface DemoOptions {
  /** Files to replay; the bundled capture when empty. */
  readonly files: readonly string[];
  readonly seed: number;
  /** Benign events of the bundled capture. */
  readonly events: number;
  readonly rate?: number | undefined;
  /** What should match, when something is expected. */
  readonly expectation: Expectation | undefined;
  readonly matches?: string | undefined;
  readonly lakeDir: string;
  /** When the command was given, on the clock of `performance.now()`. */
  readonly startedAt: number;
}

interface Running {
  readonly stack: Stack;
  readonly token: string;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
}

const stalledMs = 60_000;
const deliveryMs = 30_000;

/** Replays a capture into a running platform and shows what comes of it. Answers whether everything was as it must be. */
export async function runDemo(options: DemoOptions, running: Running): Promise<boolean> {
  const { stack, token, terminal, signal } = running;
  const client = createGraphqlClient({ url: stack.graphqlUrl, token });
  const deliveries = createDeliveryLog();
  let firstAt: number | undefined;
  const stream = openAlertStream({
    url: stack.graphqlUrl,
    token,
    onAlert(alert) {
      firstAt ??= performance.now();
      terminal.print(formatAlert(alert, terminal.style, deliveries.add(alert)));
    },
  });
  const quiet = createLogger({ service: 'demo', level: 'silent' });
  const kafka = createKafka({
    brokers: stack.kafkaBrokers.split(','),
    clientId: 'parapet-demo',
    log: quiet,
  });
  try {
    await Promise.race([stream.connected, stream.failed]);
    // The first query makes the gateway plan and connect; without it the first alert would pay for that.
    await fetchAlerts(client);
    const startedAt = performance.now();
    const producer = await kafka.createProducer({ compression: 'none' });
    const work = async () => {
      const arrays = new Set<string>();
      const sent = await replay({
        producer,
        topic: topics.rawEvents.name,
        records: recordsOf(options, arrays),
        rate: options.rate,
        signal,
        onProgress: (totals) => terminal.progress(progressLine(totals, startedAt)),
      });
      await settle({
        kafka,
        stalledMs,
        signal,
        onWaiting: (what, records) =>
          terminal.progress(
            `${formatCount(sent.records)} records sent; ${formatCount(records)} ${what} to go`,
          ),
      });
      const processingMs = performance.now() - startedAt;
      const alerts = await waitForDeliveries(client, deliveries);
      return { sent, arrays, processingMs, alerts };
    };
    const done = await Promise.race([work(), stream.failed, stack.failed]);
    terminal.print();
    if (firstAt !== undefined)
      terminal.print(
        terminal.style.dim(`First alert ${formatDuration(firstAt - options.startedAt)} after the command.\n`),
      );
    return await report({ ...done, options, running, client, deliveries });
  } finally {
    await stream.close();
    await kafka.close();
  }
}

const Totals = z.object({
  eventCount: z.number(),
  deadLetterCounts: z.array(z.object({ reason: z.string(), count: z.number() })),
});

async function report(done: {
  readonly options: DemoOptions;
  readonly running: Running;
  readonly client: GraphqlClient;
  readonly deliveries: DeliveryLog;
  readonly sent: ReplayTotals;
  /** Names of the files that are JSON arrays. */
  readonly arrays: ReadonlySet<string>;
  readonly processingMs: number;
  readonly alerts: readonly Alert[];
}): Promise<boolean> {
  const { options, client, alerts, sent } = done;
  const { terminal } = done.running;
  const bundled = options.files.length === 0;
  const problems: string[] = [];
  const stories = bundled ? tellStories(intrusions, alerts) : [];
  if (bundled) {
    printStories(stories, terminal);
    terminal.print();
    if (stories.some(({ missed }) => missed > 0)) problems.push('Not every step of the intrusions was seen.');
  }
  const shown =
    stories.flatMap(({ steps }) => steps).findLast(({ step, alert }) => alert && step.technique === 'T1490')
      ?.alert ?? alerts.find(({ asset }) => asset !== null);
  if (shown) {
    if (!(await showFederatedQuery(client, shown.id, terminal)))
      problems.push('The query over the subgraphs found no asset or no events for the alert.');
    terminal.print();
  }
  const totals = await client.query(Totals, '{ eventCount deadLetterCounts { reason count } }');
  const rejected = totals.deadLetterCounts.reduce((sum, { count }) => sum + count, 0);
  printSummary(
    {
      ...sent,
      events: totals.eventCount,
      deadLetters: totals.deadLetterCounts,
      processingMs: done.processingMs,
      alerts,
      latency: done.deliveries.latency,
    },
    terminal,
  );
  if (totals.eventCount + rejected < sent.records)
    problems.push(
      `${sent.records} records were sent, but only ${totals.eventCount} events and ${rejected} dead letters are there.`,
    );
  if (options.expectation !== undefined || options.matches !== undefined) {
    terminal.print();
    if (!(await compareMatched(options, done.arrays, terminal)))
      problems.push('The rules that matched are not those expected.');
  }
  for (const problem of problems) terminal.note(terminal.style.red(problem));
  return problems.length === 0;
}

/** Writes what matched and holds it against what was expected. Answers whether every difference is known. */
async function compareMatched(
  options: DemoOptions,
  arrays: ReadonlySet<string>,
  terminal: Terminal,
): Promise<boolean> {
  const actual = await readLakeMatches(options.lakeDir);
  if (options.matches !== undefined) {
    writeFileSync(options.matches, toLines(actual, arrays));
    terminal.note(`Rule matches of ${actual.size} events written to ${options.matches}`);
  }
  const { expectation } = options;
  if (expectation === undefined) return true;
  const files = replayedNames(options.files);
  const { print, style } = terminal;
  const comparison = reportMatches({ expectation, allDifferences: false, actual, files, style, print });
  printVerdict(comparison, terminal);
  return comparison.unexplained === 0;
}

/** Waits until every alert that is kept was delivered by the subscription, and answers them. */
async function waitForDeliveries(client: GraphqlClient, deliveries: DeliveryLog): Promise<Alert[]> {
  const alerts = await fetchAlerts(client);
  const deadline = AbortSignal.timeout(deliveryMs);
  const expired = new Promise<never>((_, reject) => {
    deadline.addEventListener('abort', () => {
      const missing = deliveries.missingOf(alerts);
      reject(
        new CommandError(
          `${missing.length} of ${alerts.length} alerts were raised but not delivered within ${deliveryMs / 1000} s, e.g. "${missing[0]?.title ?? ''}".`,
        ),
      );
    });
  });
  expired.catch(() => undefined);
  while (deliveries.missingOf(alerts).length > 0) await Promise.race([deliveries.next(), expired]);
  return alerts;
}

/** What the files that are replayed are called in lists of matches; the bundled capture when there are none. */
export function replayedNames(files: readonly string[]): ReadonlySet<string> {
  return new Set(files.length === 0 ? [captureName] : files.map((file) => path.basename(file)));
}

/** @param arrays gets the names of the files that are JSON arrays. */
async function* recordsOf(options: DemoOptions, arrays: Set<string>): AsyncGenerator<ReplayRecord> {
  if (options.files.length > 0) {
    for (const file of options.files) {
      for await (const record of readRecords(file)) {
        if (record.place === 'index') arrays.add(record.file);
        yield record;
      }
    }
    return;
  }
  const { seed, events } = options;
  let line = 1;
  for (const { value } of generateCapture({ seed, events, end: Date.now() }))
    yield { value, file: captureName, line: line++ };
}

function progressLine({ records, bytes }: ReplayTotals, startedAt: number): string {
  const seconds = Math.max(0.001, (performance.now() - startedAt) / 1000);
  return `${formatCount(records)} records sent (${(bytes / 1e6).toFixed(1)} MB, ${formatCount(records / seconds)}/s)`;
}
