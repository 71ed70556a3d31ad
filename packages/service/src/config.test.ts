import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ConfigError, defineConfig } from './config.ts';
import {
  databaseConfig,
  gatewaySecretConfig,
  httpConfig,
  kafkaConfig,
  lakeConfig,
  logConfig,
  opsConfig,
} from './config-fragments.ts';
import { decimalNumber, flag, httpUrl, list, text, variable, wholeNumber } from './config-values.ts';
import { describeConfig } from './describe-config.ts';
import { Secret } from './secret.ts';

const key = Buffer.alloc(32, 7).toString('base64');

function problemsOf(shape: z.ZodRawShape, env: Record<string, string>): readonly string[] {
  try {
    defineConfig(shape).parse(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('defineConfig', () => {
  it('gives typed values, defaults for what is unset or blank, and nothing else', () => {
    const config = defineConfig({ ...httpConfig, ...kafkaConfig, ...logConfig, ...opsConfig, ...lakeConfig });
    const parsed = config.parse({
      HTTP_PORT: '8080',
      HTTP_HOST: '  ',
      KAFKA_BROKERS: 'one:9092, two:9093,',
      KAFKA_SSL: 'true',
      LAKE_DIR: ' /data/lake ',
      SOMETHING_ELSE: 'x',
    });
    expect(parsed).toEqual({
      HTTP_HOST: '127.0.0.1',
      HTTP_PORT: 8080,
      KAFKA_BROKERS: ['one:9092', 'two:9093'],
      KAFKA_SSL: true,
      LAKE_DIR: '/data/lake',
      LOG_FORMAT: 'json',
      LOG_LEVEL: 'info',
      OPS_HOST: '127.0.0.1',
      OPS_PORT: 0,
    });
    expect(Object.isFrozen(parsed)).toBe(true);
  });

  it('tells all problems at once: the variable, what was given, what is allowed', () => {
    const problems = problemsOf(
      { ...httpConfig, ...kafkaConfig, ...lakeConfig },
      { HTTP_PORT: '70000', HTTP_HOST: 'a b', KAFKA_BROKERS: 'one:9092,two', KAFKA_SSL: 'yes' },
    );
    expect(problems).toHaveLength(5);
    expect(problems[0]).toContain('HTTP_HOST was given "a b", but must be a host name or an IP address.');
    expect(problems[1]).toContain('HTTP_PORT was given "70000", but must be a whole number from 0 to 65535.');
    expect(problems[2]).toContain(
      'KAFKA_BROKERS was given "one:9092,two", but must be a comma-separated list of host:port.',
    );
    expect(problems[3]).toContain('KAFKA_SSL was given "yes", but must be true or false.');
    expect(problems[4]).toContain('LAKE_DIR is required but not set. It is: Folder that holds');
  });

  it('never tells the value of a secret', () => {
    const shape = { ...databaseConfig, ...gatewaySecretConfig };
    const problems = problemsOf(shape, {
      DATABASE_URL: 'mysql://me:hunter2@host/db',
      GATEWAY_SECRET: 'hunter2',
    });
    expect(problems).toHaveLength(2);
    expect(problems.join()).not.toContain('hunter2');
    expect(problems.join()).toContain(
      'GATEWAY_SECRET was given a value that is not shown, but must be at least 32 random bytes',
    );
    const config = defineConfig(shape).parse({
      DATABASE_URL: 'postgresql://me:hunter2@host/db',
      GATEWAY_SECRET: key,
    });
    expect(JSON.stringify(config) + inspect(config) + String(config.DATABASE_URL)).not.toContain('hunter2');
    expect(config.DATABASE_URL.reveal()).toBe('postgresql://me:hunter2@host/db');
    expect(config.GATEWAY_SECRET.reveal()).toBe(key);
  });

  it.each(['short', 'not base64 at all, though it is quite long!', Buffer.alloc(31).toString('base64')])(
    'refuses %j as a key',
    (value) => expect(problemsOf(gatewaySecretConfig, { GATEWAY_SECRET: value })).toHaveLength(1),
  );

  it('wants variables that belong together set all or none', () => {
    const brokers = { KAFKA_BROKERS: 'one:9092' };
    expect(problemsOf(kafkaConfig, brokers)).toEqual([]);
    expect(problemsOf(kafkaConfig, { ...brokers, KAFKA_SASL_USERNAME: 'me' })).toEqual([
      'KAFKA_SASL_MECHANISM, KAFKA_SASL_PASSWORD must be set too: set all of KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME, ' +
        'KAFKA_SASL_PASSWORD or none of them.',
    ]);
    const all = { KAFKA_SASL_MECHANISM: 'plain', KAFKA_SASL_USERNAME: 'me', KAFKA_SASL_PASSWORD: 'pass' };
    expect(problemsOf(kafkaConfig, { ...brokers, ...all })).toEqual([]);
  });

  it('is not fooled by names that objects have by themselves', () => {
    expect(problemsOf({ toString: text() }, {})).toHaveLength(1);
  });
});

describe('the kinds of values', () => {
  const parse = <T extends z.ZodType>(schema: T, value: string) => schema.safeParse(value).data;

  it('are parsed strictly', () => {
    expect(
      ['12', '-3', '1.5', '0x10', '1e3', '', ' 7', '99999999999999999999'].map((v) =>
        parse(wholeNumber({ min: -5, max: 100 }), v),
      ),
    ).toEqual([12, -3, undefined, undefined, undefined, undefined, undefined, undefined]);
    expect(
      ['0.5', '2', '.5', 'NaN', 'Infinity'].map((v) => parse(decimalNumber({ min: 0, max: 1 }), v)),
    ).toEqual([0.5, ...Array(4).fill(undefined)]);
    expect(['true', 'false', 'TRUE', '1'].map((v) => parse(flag(), v))).toEqual([
      true,
      false,
      undefined,
      undefined,
    ]);
    expect(['http://a:1/x/', 'https://b', 'ftp://c', 'a.b'].map((v) => parse(httpUrl(), v))).toEqual([
      'http://a:1/x',
      'https://b',
      undefined,
      undefined,
    ]);
    expect(['/a:/b', ':', Array(101).fill('x').join(':')].map((v) => parse(list(':'), v))).toEqual([
      ['/a', '/b'],
      undefined,
      undefined,
    ]);
  });
});

describe('describeConfig', () => {
  it('gives a row for each variable, whatever wraps its meaning', () => {
    const shape = {
      PLAIN: z.string().describe('Plain.').optional(),
      LIST: variable(list(',').default(['a', 'b']), { description: 'Many.' }),
      HIDDEN: variable(
        text().transform((value) => new Secret(value)),
        { description: 'Hidden.', secret: true },
      ),
      SPECIAL: variable(text().default('x'), {
        description: 'Special.',
        defaultText: 'the folder of the project',
      }),
    };
    expect(describeConfig(shape)).toEqual([
      { name: 'PLAIN', default: undefined, required: false, meaning: 'Plain.', secret: false },
      { name: 'LIST', default: 'a,b', required: false, meaning: 'Many.', secret: false },
      { name: 'HIDDEN', default: undefined, required: true, meaning: 'Hidden.', secret: true },
      {
        name: 'SPECIAL',
        default: 'the folder of the project',
        required: false,
        meaning: 'Special.',
        secret: false,
      },
    ]);
  });

  it('describes every variable that this package defines', () => {
    const all = {
      ...logConfig,
      ...opsConfig,
      ...httpConfig,
      ...kafkaConfig,
      ...databaseConfig,
      ...lakeConfig,
      ...gatewaySecretConfig,
    };
    for (const row of describeConfig(all)) expect(row.meaning, row.name).toMatch(/\.$/);
    expect(
      describeConfig(all)
        .filter((row) => row.secret)
        .map((row) => row.name),
    ).toEqual(['KAFKA_SASL_PASSWORD', 'DATABASE_URL', 'GATEWAY_SECRET']);
  });
});
