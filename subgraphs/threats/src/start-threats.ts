import { readFile } from 'node:fs/promises';
import { createDatabase } from '@parapet/database';
import { readRiskWeights } from '@parapet/detection/files';
import { topics } from '@parapet/event-model';
import { createKafka } from '@parapet/kafka';
import { readConfigured, type ServiceContext } from '@parapet/service';
import { startSubgraph, toKafkaOptions } from '@parapet/subgraph';
import { createAlertPublisher } from './alert-publisher.ts';
import { createAlertReader } from './alert-reader.ts';
import { createAlertWriter } from './alert-writer.ts';
import type { threatsConfig } from './config.ts';
import { createThreatsContext } from './context.ts';
import { createIntake, intakeTopics } from './intake.ts';
import { resolvers } from './resolvers.ts';
import { createRiskReader } from './risk-reader.ts';
import { createRuleReader } from './rule-reader.ts';
import { createRuleStore } from './rule-store.ts';
import { createThreatsTelemetry } from './telemetry.ts';

export const groupId = 'parapet-threats';

/** Findings in, alerts and their changes out, and GraphQL over them. */
export async function startThreats(context: ServiceContext<typeof threatsConfig>) {
  const { config, log, metrics, lifecycle } = context;
  const telemetry = createThreatsTelemetry(metrics);
  const weights = await readConfigured(() => readRiskWeights(config.RISK_FILE));

  const database = createDatabase({
    url: config.DATABASE_URL.reveal(),
    maxConnections: 12,
    applicationName: 'parapet-threats',
  });
  lifecycle.onStop('close', 'database', () => database.close());
  lifecycle.addCheck('database', () => database.ping());
  await database.ping();

  const kafka = createKafka(toKafkaOptions(config, 'parapet-threats', log));
  lifecycle.onStop('close', 'kafka', () => kafka.close());
  lifecycle.addCheck('kafka', () => kafka.ping());
  await kafka.ensureTopics([topics.findings, topics.rules, topics.alerts]);

  const writer = createAlertWriter({
    prisma: database.prisma,
    now: Date.now,
    onCommitted: () => publisher.wake(),
  });
  const publisher = createAlertPublisher({
    prisma: database.prisma,
    producer: await kafka.createProducer({ idempotent: true }),
    tellPending: () => writer.tellPending(),
    log,
    telemetry,
  });
  lifecycle.onStop('commit', 'alert publisher', (deadline) => publisher.stop(deadline));

  const { prisma } = database;
  const stores = {
    reader: createAlertReader(prisma),
    writer,
    rules: createRuleReader(prisma),
    risks: createRiskReader({ prisma, weights, now: Date.now }),
    weights,
  };
  const subgraph = await startSubgraph({
    name: 'threats',
    typeDefs: await readFile(new URL('../schema.graphql', import.meta.url), 'utf8'),
    resolvers,
    createContext: (identity) => createThreatsContext(stores, identity),
    secret: config.GATEWAY_SECRET.reveal(),
    host: config.HTTP_HOST,
    port: config.HTTP_PORT,
    log,
    metrics,
  });
  lifecycle.onStop('drain', 'graphql', (deadline) => subgraph.stop(deadline));

  const consumer = await kafka.createConsumer({
    groupId,
    topics: intakeTopics,
    onBatch: createIntake({ alerts: writer, rules: createRuleStore(prisma), log, telemetry }),
    onCrash: (error) => lifecycle.fail(error),
  });
  lifecycle.onStop('drain', 'findings', async (deadline) => {
    await consumer.drain(deadline);
    await consumer.close();
  });

  return { addresses: { http: subgraph.url } };
}
