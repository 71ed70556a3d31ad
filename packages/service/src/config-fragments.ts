import { z } from 'zod';
import { flag, host, list, port, secret, text, variable, wholeNumber } from './config-values.ts';

const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

export const logConfig = {
  LOG_LEVEL: variable(z.enum(logLevels, `must be one of ${logLevels.join(', ')}`).default('info'), {
    description: `The least severe log line to print: ${logLevels.join(', ')}.`,
  }),
  LOG_FORMAT: variable(z.enum(['json', 'pretty'], 'must be json or pretty').default('json'), {
    description: 'json: one JSON object a line; pretty: for people.',
  }),
};

export const opsConfig = {
  OPS_HOST: variable(host().default('127.0.0.1'), {
    description: 'Address that serves /livez, /readyz, /startupz and /metrics.',
  }),
  OPS_PORT: variable(port().default(0), {
    description: 'Port of /livez, /readyz, /startupz and /metrics; 0 = any free one.',
  }),
};

/** Read by every process that runs under {@link runService}. */
export const shutdownConfig = {
  SHUTDOWN_DEADLINE_MS: variable(wholeNumber({ min: 100, max: 600_000 }).default(15_000), {
    description: 'Milliseconds that a graceful stop may take in all; what is not done by then is abandoned.',
  }),
};

export const httpConfig = {
  HTTP_HOST: variable(host().default('127.0.0.1'), {
    description: 'Address that the GraphQL endpoint of this process listens on.',
  }),
  HTTP_PORT: variable(port().default(0), {
    description: 'Port of the GraphQL endpoint of this process; 0 = any free one.',
  }),
};

const broker = z
  .string()
  .regex(
    /^(\[[0-9a-fA-F:]+\]|[A-Za-z0-9._-]{1,253}):\d{1,5}$/,
    'must be a comma-separated list of host:port',
  );

export const kafkaConfig = {
  KAFKA_BROKERS: variable(list(',', broker), {
    description: 'Kafka brokers to start from: comma-separated host:port.',
  }),
  KAFKA_SSL: variable(flag().default(false), { description: 'true: talk TLS to the Kafka brokers.' }),
  KAFKA_SASL_MECHANISM: variable(
    z
      .enum(['plain', 'scram-sha-256', 'scram-sha-512'], 'must be plain, scram-sha-256 or scram-sha-512')
      .optional(),
    {
      description: 'How to log in to Kafka: plain, scram-sha-256 or scram-sha-512. Unset: no login.',
      together: 'kafka-sasl',
    },
  ),
  KAFKA_SASL_USERNAME: variable(text().optional(), {
    description: 'User name for Kafka.',
    together: 'kafka-sasl',
  }),
  KAFKA_SASL_PASSWORD: variable(secret().optional(), {
    description: 'Password for Kafka.',
    secret: true,
    together: 'kafka-sasl',
  }),
};

const postgresUrl = z
  .url({ protocol: /^postgres(ql)?$/, error: 'must be a URL that starts with postgresql://' })
  .max(4096, 'must be at most 4096 characters');

export const databaseConfig = {
  DATABASE_URL: variable(secret(postgresUrl), {
    description: 'PostgreSQL to keep entities in: postgresql://user:password@host:port/database.',
    secret: true,
  }),
};

export const lakeConfig = {
  LAKE_DIR: variable(text(4096), { description: 'Folder that holds the files of the event lake.' }),
};

export const riskConfig = {
  RISK_FILE: variable(text(4096).optional(), {
    description:
      'File of risk weights in YAML or JSON, the same for every process; what it leaves out keeps its default. Unset: the defaults.',
  }),
};

const base64Key = z
  .string()
  .refine(
    (value) => /^[A-Za-z0-9+/_-]+={0,2}$/.test(value) && Buffer.from(value, 'base64').length >= 32,
    'must be at least 32 random bytes in base64, e.g. made by: openssl rand -base64 32',
  );

export const gatewaySecretConfig = {
  GATEWAY_SECRET: variable(secret(base64Key), {
    description:
      'Key by which the gateway signs identities for the subgraphs: at least 32 random bytes in base64.',
    secret: true,
  }),
};
