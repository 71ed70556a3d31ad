import { databaseConfig, gatewaySecretConfig, httpConfig, kafkaConfig } from '@parapet/service';

/** Environment variables of the assets subgraph. */
export const assetsConfig = { ...httpConfig, ...kafkaConfig, ...databaseConfig, ...gatewaySecretConfig };
