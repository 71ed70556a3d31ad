import { readFile } from 'node:fs/promises';
import { createDatabase } from '@parapet/database';
import { topics } from '@parapet/event-model';
import { createKafka } from '@parapet/kafka';
import { openLake } from '@parapet/lake';
import type { ServiceContext } from '@parapet/service';
import { startSubgraph, toKafkaOptions } from '@parapet/subgraph';
import type { eventsConfig } from './config.ts';
import { createEventsContext } from './context.ts';
import { createDeadLetterStore } from './dead-letter-store.ts';
import { createIntake } from './intake.ts';
import { pruneDeadLetters } from './prune-dead-letters.ts';
import { resolvers } from './resolvers.ts';
import { createEventsTelemetry } from './telemetry.ts';

export const groupId = 'parapet-events-dlq';

/** Search over the lake, ingest status, and dead letters. */
export async function startEvents(context: ServiceContext<typeof eventsConfig>) {
  const { config, log, metrics, lifecycle } = context;

  const database = createDatabase({
    url: config.DATABASE_URL.reveal(),
    applicationName: 'parapet-events',
  });
  lifecycle.onStop('close', 'database', () => database.close());
  lifecycle.addCheck('database', () => database.ping());
  await database.ping();

  const lake = await openLake({ dir: config.LAKE_DIR });
  lifecycle.onStop('close', 'lake', () => lake.close());

  const kafka = createKafka(toKafkaOptions(config, 'parapet-events', log));
  lifecycle.onStop('close', 'kafka', () => kafka.close());
  lifecycle.addCheck('kafka', () => kafka.ping());
  await kafka.ensureTopics([topics.rawEvents, topics.deadLetters]);

  const deadLetters = createDeadLetterStore(database.prisma);
  const pruning = pruneDeadLetters(deadLetters, { now: Date.now, signal: lifecycle.signal, log });
  lifecycle.onStop('drain', 'pruning', () => pruning);

  const stores = { lake, deadLetters, kafka };
  const subgraph = await startSubgraph({
    name: 'events',
    typeDefs: await readFile(new URL('../schema.graphql', import.meta.url), 'utf8'),
    resolvers,
    createContext: (identity, scope) => createEventsContext(stores, identity, scope),
    secret: config.GATEWAY_SECRET.reveal(),
    host: config.HTTP_HOST,
    port: config.HTTP_PORT,
    log,
    metrics,
  });
  lifecycle.onStop('drain', 'graphql', (deadline) => subgraph.stop(deadline));

  const consumer = await kafka.createConsumer({
    groupId,
    topics: [topics.deadLetters.name],
    onBatch: createIntake({ deadLetters, log, telemetry: createEventsTelemetry(metrics) }),
    onCrash: (error) => lifecycle.fail(error),
  });
  lifecycle.onStop('drain', 'dead letters', async (deadline) => {
    await consumer.drain(deadline);
    await consumer.close();
  });

  return { addresses: { http: subgraph.url } };
}
