import type { Logger, Secret } from '@parapet/service';

/** What `kafkaConfig` of @parapet/service gives. */
interface KafkaConfig {
  readonly KAFKA_BROKERS: string[];
  readonly KAFKA_SSL: boolean;
  readonly KAFKA_SASL_MECHANISM?: 'plain' | 'scram-sha-256' | 'scram-sha-512' | undefined;
  readonly KAFKA_SASL_USERNAME?: string | undefined;
  readonly KAFKA_SASL_PASSWORD?: Secret | undefined;
}

/** The options of `createKafka` of @parapet/kafka, from a process's configuration. */
export function toKafkaOptions(config: KafkaConfig, clientId: string, log: Logger) {
  const { KAFKA_SASL_MECHANISM: mechanism, KAFKA_SASL_USERNAME: username } = config;
  const password = config.KAFKA_SASL_PASSWORD?.reveal();
  return {
    brokers: config.KAFKA_BROKERS,
    clientId,
    ssl: config.KAFKA_SSL,
    log,
    // The configuration has checked that all of them are set, or none.
    ...(mechanism && username && password && { sasl: { mechanism, username, password } }),
  };
}
