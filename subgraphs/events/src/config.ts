import { databaseConfig, gatewaySecretConfig, httpConfig, kafkaConfig, lakeConfig } from '@parapet/service';

/** Environment variables of the events subgraph. */
export const eventsConfig = {
  ...httpConfig,
  ...kafkaConfig,
  ...databaseConfig,
  ...lakeConfig,
  ...gatewaySecretConfig,
};
