import { flag, host, port, text, variable, wholeNumber } from '@parapet/service';
import { z } from 'zod';
import type { BrokerOptions } from './broker-options.ts';

const bytes = (min: number, max = Number.MAX_SAFE_INTEGER) => wholeNumber({ min, max });
const maxRequest = 1024 * 1024 * 1024;

/** The variables of the broker process; README.md of this package has the same table. */
export const brokerConfig = {
  KAFKA_HOST: variable(host().default('127.0.0.1'), { description: 'Address that the broker listens on.' }),
  KAFKA_PORT: variable(port().default(0), { description: 'Port of the broker; 0 = any free one.' }),
  KAFKA_ADVERTISED_HOST: variable(host().optional(), {
    description: 'Host that clients are told to connect to. Unset: the address they reached.',
  }),
  KAFKA_DATA_DIR: variable(text(4096), { description: "Folder of the broker's data; made when absent." }),
  KAFKA_FSYNC: variable(
    z.enum(['never', 'interval', 'always'], 'must be never, interval or always').default('interval'),
    { description: 'When records are forced to disk: never, interval, or always (before each answer).' },
  ),
  KAFKA_FSYNC_INTERVAL_MS: variable(wholeNumber({ min: 10, max: 3_600_000 }).default(1000), {
    description: 'Milliseconds between two fsyncs with KAFKA_FSYNC=interval.',
  }),
  KAFKA_SEGMENT_BYTES: variable(bytes(1024 * 1024, 2_000_000_000).default(128 * 1024 * 1024), {
    description: 'Size at which a segment file is closed and a new one begun.',
  }),
  KAFKA_RETENTION_MS: variable(bytes(-1).default(7 * 86_400_000), {
    description: 'How long records are kept in topics that do not say, milliseconds; -1 = for ever.',
  }),
  KAFKA_RETENTION_BYTES: variable(bytes(-1).default(-1), {
    description: 'Bytes kept per partition in topics that do not say; -1 = no limit.',
  }),
  KAFKA_MAX_REQUEST_BYTES: variable(bytes(1024 * 1024, maxRequest).default(100 * 1024 * 1024), {
    description: 'A larger request closes its connection.',
  }),
  KAFKA_MAX_MESSAGE_BYTES: variable(bytes(1024, maxRequest).default(16 * 1024 * 1024), {
    description: 'Largest record batch in topics that do not say.',
  }),
  KAFKA_MAX_CONNECTIONS: variable(wholeNumber({ min: 1, max: 100_000 }).default(1000), {
    description: 'Further connections are refused.',
  }),
  KAFKA_AUTO_CREATE_TOPICS: variable(flag().default(false), {
    description: 'true: a topic that a client asks for and that does not exist is created.',
  }),
};

type BrokerConfig = z.output<z.ZodObject<typeof brokerConfig>>;

export function toBrokerOptions(config: BrokerConfig): BrokerOptions {
  return {
    dir: config.KAFKA_DATA_DIR,
    host: config.KAFKA_HOST,
    port: config.KAFKA_PORT,
    ...(config.KAFKA_ADVERTISED_HOST === undefined ? {} : { advertisedHost: config.KAFKA_ADVERTISED_HOST }),
    fsync: config.KAFKA_FSYNC,
    fsyncIntervalMs: config.KAFKA_FSYNC_INTERVAL_MS,
    segmentBytes: config.KAFKA_SEGMENT_BYTES,
    retentionMs: config.KAFKA_RETENTION_MS,
    retentionBytes: config.KAFKA_RETENTION_BYTES,
    maxRequestBytes: config.KAFKA_MAX_REQUEST_BYTES,
    maxMessageBytes: config.KAFKA_MAX_MESSAGE_BYTES,
    maxConnections: config.KAFKA_MAX_CONNECTIONS,
    autoCreateTopics: config.KAFKA_AUTO_CREATE_TOPICS,
  };
}
