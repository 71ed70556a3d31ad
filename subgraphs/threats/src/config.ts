import { databaseConfig, gatewaySecretConfig, httpConfig, kafkaConfig, riskConfig } from '@parapet/service';

/** Environment variables of the threats subgraph. */
export const threatsConfig = {
  ...httpConfig,
  ...kafkaConfig,
  ...databaseConfig,
  ...gatewaySecretConfig,
  ...riskConfig,
};
