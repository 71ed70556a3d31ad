import { readFileSync } from 'node:fs';
import { defineConfig, describeConfig } from '@parapet/service';
import { expect, it } from 'vitest';
import { brokerConfig, toBrokerOptions } from './broker-config.ts';
import { resolveOptions } from './broker-options.ts';

it('starts from the folder alone, with the defaults that the options document', () => {
  const options = toBrokerOptions(defineConfig(brokerConfig).parse({ KAFKA_DATA_DIR: '/data' }));
  expect(resolveOptions(options)).toEqual(resolveOptions({ dir: '/data' }));
});

it('takes every variable', () => {
  const config = defineConfig(brokerConfig).parse({
    KAFKA_DATA_DIR: '/data',
    KAFKA_HOST: '0.0.0.0',
    KAFKA_PORT: '9092',
    KAFKA_ADVERTISED_HOST: 'kafka.example',
    KAFKA_FSYNC: 'always',
    KAFKA_RETENTION_MS: '-1',
    KAFKA_AUTO_CREATE_TOPICS: 'true',
  });
  expect(toBrokerOptions(config)).toMatchObject({
    host: '0.0.0.0',
    port: 9092,
    advertisedHost: 'kafka.example',
    fsync: 'always',
    retentionMs: -1,
    autoCreateTopics: true,
  });
});

it('is told by the README, each variable with its default', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  for (const { name, default: initial } of describeConfig(brokerConfig)) {
    const row = readme.split('\n').find((line) => line.startsWith(`| \`${name}\``));
    expect(row, name).toBeDefined();
    if (initial !== undefined) expect(row).toContain(`\`${initial}\``);
  }
});
