import { databaseConfig, gatewaySecretConfig, httpConfig, kafkaConfig } from '@parapet/service';

/** Environment variables of the threats subgraph. */
export const threatsConfig = { ...httpConfig, ...kafkaConfig, ...databaseConfig, ...gatewaySecretConfig };
