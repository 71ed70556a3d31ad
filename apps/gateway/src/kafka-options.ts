import type { KafkaLog, KafkaOptions } from '@parapet/kafka';
import type { Secret } from '@parapet/service';

interface KafkaSettings {
  readonly KAFKA_BROKERS: readonly string[];
  readonly KAFKA_SSL: boolean;
  readonly KAFKA_SASL_MECHANISM?: 'plain' | 'scram-sha-256' | 'scram-sha-512' | undefined;
  readonly KAFKA_SASL_USERNAME?: string | undefined;
  readonly KAFKA_SASL_PASSWORD?: Secret | undefined;
}

/** The connection to Kafka as the environment describes it. */
export function toKafkaOptions(config: KafkaSettings, log: KafkaLog): KafkaOptions {
  const { KAFKA_SASL_MECHANISM: mechanism, KAFKA_SASL_USERNAME: username } = config;
  const password = config.KAFKA_SASL_PASSWORD?.reveal();
  return {
    brokers: config.KAFKA_BROKERS,
    clientId: 'parapet-gateway',
    ssl: config.KAFKA_SSL,
    ...(mechanism && username && password && { sasl: { mechanism, username, password } }),
    log,
  };
}
