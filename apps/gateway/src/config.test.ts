import { ConfigError, defineConfig } from '@parapet/service';
import { describe, expect, it } from 'vitest';
import { gatewayConfig } from './config.ts';
import { toKafkaOptions } from './kafka-options.ts';

const least = {
  KAFKA_BROKERS: '127.0.0.1:9092',
  DATABASE_URL: 'postgresql://u:p@127.0.0.1/d',
  GATEWAY_SECRET: Buffer.alloc(32, 1).toString('base64'),
  SUBGRAPH_EVENTS_URL: 'http://127.0.0.1:1/graphql',
  SUBGRAPH_ASSETS_URL: 'http://127.0.0.1:2/graphql',
  SUBGRAPH_THREATS_URL: 'http://127.0.0.1:3/graphql',
};
const parse = (changes: Record<string, string | undefined> = {}) =>
  defineConfig(gatewayConfig).parse({ ...least, ...changes });

describe('the configuration of the gateway', () => {
  it('is closed by default', () => {
    expect(parse()).toMatchObject({
      HTTP_HOST: '127.0.0.1',
      PARAPET_ENV: 'production',
      TRUSTED_PROXY_HOPS: 0,
    });
    expect(parse()).not.toHaveProperty('CORS_ORIGINS');
    expect(parse()).not.toHaveProperty('JWT_JWKS_URL');
  });

  it('takes JWT settings all or none', () => {
    expect(() => parse({ JWT_ISSUER: 'https://id.test' })).toThrow(/JWT_AUDIENCE, JWT_JWKS_URL/);
    const jwt = { JWT_ISSUER: 'i', JWT_AUDIENCE: 'a', JWT_JWKS_URL: 'https://id.test/jwks' };
    expect(parse(jwt)).toMatchObject(jwt);
  });

  it.each([
    ['CORS_ORIGINS', '*'],
    ['CORS_ORIGINS', 'https://a.test/path'],
    ['PARAPET_ENV', 'staging'],
    ['RATE_LIMIT_PER_SECOND', '0'],
    ['SUBGRAPH_EVENTS_URL', 'file:///etc/passwd'],
    ['OPERATION_TIMEOUT_MS', '-1'],
  ])('refuses %s=%s', (name, value) => {
    expect(() => parse({ [name]: value })).toThrow(ConfigError);
  });

  it('gives Kafka its login only when there is one', () => {
    const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
    const options = (changes = {}) => toKafkaOptions(parse(changes), log);
    expect(options()).not.toHaveProperty('sasl');
    expect(
      options({ KAFKA_SASL_MECHANISM: 'plain', KAFKA_SASL_USERNAME: 'u', KAFKA_SASL_PASSWORD: 'p' }).sasl,
    ).toEqual({ mechanism: 'plain', username: 'u', password: 'p' });
  });
});
