import path from 'node:path';
import { sharedCompileCache } from '../project-paths.ts';
import type { DataDir } from './data-dir.ts';

/** The address and ports of everything that runs; fixed for a run, so that what is restarted is found where it was. */
export interface StackPorts {
  readonly kafka: number;
  readonly postgres: number;
  readonly gateway: number;
  readonly events: number;
  readonly assets: number;
  readonly threats: number;
}

export interface StackSettings {
  readonly dataDir: DataDir;
  readonly ports: StackPorts;
  readonly gatewaySecret: string;
  /** Folders of Sigma rules. */
  readonly rules: readonly string[];
  /** Threads of the processor; what its environment says when absent. */
  readonly workers?: number | undefined;
  /** GraphiQL and introspection. */
  readonly development: boolean;
  /** Variables that the processes inherit. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Kafka brokers to use instead of the embedded one: `host:port,...`. */
  readonly kafkaBrokers?: string | undefined;
  /** PostgreSQL to use instead of the embedded one. */
  readonly databaseUrl?: string | undefined;
}

type Environment = Record<string, string | undefined>;

const host = '127.0.0.1';

export const brokersOf = (settings: StackSettings): string =>
  settings.kafkaBrokers ?? `${host}:${settings.ports.kafka}`;

export const graphqlUrlOf = (settings: StackSettings): string =>
  `http://${host}:${settings.ports.gateway}/graphql`;

/** The environment of each process: what it inherits, and what the supervisor decides. */
export function stackEnvironments(settings: StackSettings, databaseUrl: string) {
  const { ports, dataDir } = settings;
  const common: Environment = {
    ...settings.env,
    LOG_FORMAT: 'json',
    LOG_LEVEL: settings.env['LOG_LEVEL'] ?? 'info',
    OPS_HOST: host,
    OPS_PORT: '0',
    HTTP_HOST: host,
    KAFKA_BROKERS: brokersOf(settings),
    NODE_COMPILE_CACHE: sharedCompileCache() ?? path.join(dataDir.path, 'compiled'),
    APOLLO_TELEMETRY_DISABLED: '1',
  };
  const served = (port: number): Environment => ({
    ...common,
    HTTP_PORT: String(port),
    DATABASE_URL: databaseUrl,
    GATEWAY_SECRET: settings.gatewaySecret,
  });
  const graphql = (port: number) => `http://${host}:${port}/graphql`;
  return {
    broker: {
      ...common,
      KAFKA_HOST: host,
      KAFKA_PORT: String(ports.kafka),
      KAFKA_DATA_DIR: dataDir.broker,
    },
    processor: {
      ...common,
      LAKE_DIR: dataDir.lake,
      RULES_DIRS: settings.rules.join(':'),
      PROCESSOR_ROLES: settings.env['PROCESSOR_ROLES'] ?? 'detector',
      ...(settings.workers === undefined ? {} : { PROCESSOR_WORKERS: String(settings.workers) }),
    },
    events: { ...served(ports.events), LAKE_DIR: dataDir.lake },
    assets: served(ports.assets),
    threats: served(ports.threats),
    gateway: {
      ...served(ports.gateway),
      SUBGRAPH_EVENTS_URL: graphql(ports.events),
      SUBGRAPH_ASSETS_URL: graphql(ports.assets),
      SUBGRAPH_THREATS_URL: graphql(ports.threats),
      PARAPET_ENV: settings.development ? 'development' : 'production',
    },
  } satisfies Record<string, Environment>;
}
