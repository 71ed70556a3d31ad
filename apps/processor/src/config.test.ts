import { defineConfig } from '@parapet/service';
import { describe, expect, it } from 'vitest';
import { processorConfig } from './config.ts';

const parse = (env: Record<string, string>) =>
  defineConfig(processorConfig).parse({ KAFKA_BROKERS: 'k:9092', LAKE_DIR: '/lake', ...env });

describe('the configuration of the processor', () => {
  it('reads the sources of topics', () => {
    const { SOURCE_BY_TOPIC } = parse({ SOURCE_BY_TOPIC: 'logs.a=windows-security, logs.b=windows-sysmon' });
    expect({ ...SOURCE_BY_TOPIC }).toEqual({ 'logs.a': 'windows-security', 'logs.b': 'windows-sysmon' });
  });

  it.each([
    [{ SOURCE_BY_TOPIC: 'logs.zeek' }, /SOURCE_BY_TOPIC .*comma-separated list of topic=profile/],
    [{ SOURCE_BY_TOPIC: 'a=nobody' }, /no source profile is called "nobody" \(there are .*windows-sysmon/],
    [{ SOURCE_BY_TOPIC: 'a=windows-security,a=windows-sysmon' }, /the topic a is named twice/],
    [{ PROCESSOR_WORKERS: '0' }, /PROCESSOR_WORKERS .*from 1 to 256/],
    [{ MAX_EVENT_BYTES: '8388608' }, /MAX_EVENT_BYTES .*from 1024 to 7340032/],
    [{ MAX_EVENT_DEPTH: 'deep' }, /MAX_EVENT_DEPTH .*from 2 to 256/],
  ])('says what is wrong with %j', (env, message) => {
    expect(() => parse(env)).toThrow(message);
  });
});
