import { describe, expect, it } from 'vitest';
import { type StackSettings, stackEnvironments } from './stack-env.ts';

const settings: StackSettings = {
  dataDir: {
    path: '/data',
    broker: '/data/broker',
    postgres: '/data/postgres',
    lake: '/data/lake',
    logFile: (name) => `/data/logs/${name}.log`,
  },
  ports: { kafka: 1, postgres: 2, gateway: 3, events: 4, assets: 5, threats: 6 },
  gatewaySecret: 'key',
  rules: ['/a', '/b'],
  development: false,
  env: { HOME: '/home', KAFKA_BROKERS: 'elsewhere:9092', LOG_FORMAT: 'pretty' },
};

describe('environments of the processes', () => {
  it('give each process its addresses and nobody more than it needs', () => {
    const { broker, processor, events, gateway } = stackEnvironments(settings, 'postgresql://db');
    expect(broker).toMatchObject({ KAFKA_PORT: '1', KAFKA_DATA_DIR: '/data/broker', HOME: '/home' });
    expect(processor).toMatchObject({ RULES_DIRS: '/a:/b', LAKE_DIR: '/data/lake' });
    expect(processor).not.toHaveProperty('DATABASE_URL');
    expect(broker).not.toHaveProperty('GATEWAY_SECRET');
    expect(events).toMatchObject({ HTTP_PORT: '4', DATABASE_URL: 'postgresql://db', GATEWAY_SECRET: 'key' });
    expect(gateway).toMatchObject({
      HTTP_PORT: '3',
      SUBGRAPH_THREATS_URL: 'http://127.0.0.1:6/graphql',
      PARAPET_ENV: 'production',
    });
  });

  it('are the supervisor’s where the user has the same variable', () => {
    expect(stackEnvironments(settings, '').gateway).toMatchObject({
      KAFKA_BROKERS: '127.0.0.1:1',
      LOG_FORMAT: 'json',
    });
  });

  it('name the Kafka that was chosen instead of the embedded one', () => {
    const env = stackEnvironments({ ...settings, kafkaBrokers: 'k1:9092,k2:9092' }, '');
    expect(env.processor).toMatchObject({ KAFKA_BROKERS: 'k1:9092,k2:9092' });
  });

  it('hand the number of workers on, as asked for or as the environment has it', () => {
    const given = { ...settings, env: { PROCESSOR_WORKERS: '3' } };
    expect(stackEnvironments(given, '').processor).toMatchObject({ PROCESSOR_WORKERS: '3' });
    expect(stackEnvironments({ ...given, workers: 5 }, '').processor).toMatchObject({
      PROCESSOR_WORKERS: '5',
    });
  });
});
