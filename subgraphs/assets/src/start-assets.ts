import { readFile } from 'node:fs/promises';
import { createDatabase } from '@parapet/database';
import { topics } from '@parapet/event-model';
import { createKafka } from '@parapet/kafka';
import type { ServiceContext } from '@parapet/service';
import { startSubgraph, toKafkaOptions } from '@parapet/subgraph';
import { createAssetReader } from './asset-reader.ts';
import { createAssetWriter } from './asset-writer.ts';
import type { assetsConfig } from './config.ts';
import { createAssetsContext } from './context.ts';
import { createIntake } from './intake.ts';
import { resolvers } from './resolvers.ts';
import { createAssetsTelemetry } from './telemetry.ts';

export const groupId = 'parapet-assets';

/** Observations in, assets out. */
export async function startAssets(context: ServiceContext<typeof assetsConfig>) {
  const { config, log, metrics, lifecycle } = context;

  const database = createDatabase({
    url: config.DATABASE_URL.reveal(),
    applicationName: 'parapet-assets',
  });
  lifecycle.onStop('close', 'database', () => database.close());
  lifecycle.addCheck('database', () => database.ping());
  await database.ping();

  const kafka = createKafka(toKafkaOptions(config, 'parapet-assets', log));
  lifecycle.onStop('close', 'kafka', () => kafka.close());
  lifecycle.addCheck('kafka', () => kafka.ping());
  await kafka.ensureTopics([topics.observations]);

  const reader = createAssetReader(database.prisma);
  const subgraph = await startSubgraph({
    name: 'assets',
    typeDefs: await readFile(new URL('../schema.graphql', import.meta.url), 'utf8'),
    resolvers,
    createContext: (identity) => createAssetsContext(reader, identity),
    secret: config.GATEWAY_SECRET.reveal(),
    host: config.HTTP_HOST,
    port: config.HTTP_PORT,
    log,
    metrics,
  });
  lifecycle.onStop('drain', 'graphql', (deadline) => subgraph.stop(deadline));

  const consumer = await kafka.createConsumer({
    groupId,
    topics: [topics.observations.name],
    onBatch: createIntake({
      assets: createAssetWriter(database.prisma),
      log,
      telemetry: createAssetsTelemetry(metrics),
    }),
    onCrash: (error) => lifecycle.fail(error),
  });
  lifecycle.onStop('drain', 'observations', async (deadline) => {
    await consumer.drain(deadline);
    await consumer.close();
  });

  return { addresses: { http: subgraph.url } };
}
