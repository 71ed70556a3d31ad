import { describe, expect, it } from 'vitest';
import { KafkaError, toKafkaError } from './kafka-error.ts';
import { toKafkajsLog } from './kafka-log.ts';

const named = (name: string, message: string, over: object = {}): Error =>
  Object.assign(new Error(message), { name, ...over });

describe('errors', () => {
  it.each([
    ['UNREACHABLE', named('KafkaJSConnectionError', 'connect ECONNREFUSED')],
    [
      'UNREACHABLE',
      named('KafkaJSNumberOfRetriesExceeded', 'x', {
        cause: named('KafkaJSConnectionError', 'Connection timeout'),
      }),
    ],
    ['REFUSED_CREDENTIALS', named('KafkaJSSASLAuthenticationError', 'no')],
    ['TOPIC_MISSING', named('KafkaJSProtocolError', 'x', { type: 'UNKNOWN_TOPIC_OR_PARTITION' })],
    ['MESSAGE_TOO_LARGE', named('KafkaJSProtocolError', 'x', { type: 'MESSAGE_TOO_LARGE' })],
    ['NOT_DELIVERED', named('KafkaJSProtocolError', 'x', { type: 'OUT_OF_ORDER_SEQUENCE_NUMBER' })],
    ['NOT_DELIVERED', 'not even an error'],
  ])('are told apart: %s', (code, error) => {
    expect(toKafkaError(error, 'do it', ['b:1'])).toMatchObject({ code, cause: error });
  });

  it('pass through when they are ours, and say whether to try again', () => {
    const error = new KafkaError('MESSAGE_TOO_LARGE', 'too large');
    expect(toKafkaError(error, 'do it', [])).toBe(error);
    expect(error.retryable).toBe(false);
    expect(new KafkaError('UNREACHABLE', '').retryable).toBe(true);
  });
});

it('logs what the client library logs one level lower, without what it repeats', () => {
  const lines: [string, object, string][] = [];
  const line = (level: string) => (fields: object, message: string) =>
    void lines.push([level, fields, message]);
  const write = toKafkajsLog({
    debug: line('debug'),
    info: line('info'),
    warn: line('warn'),
    error: line('error'),
  })();
  const entry = (level: number, message: string) => ({
    namespace: 'Consumer',
    level,
    label: '',
    log: { timestamp: 'now', logger: 'kafkajs', stack: 'long', message, groupId: 'g' },
  });
  write(entry(1, 'a retry'));
  write(entry(4, 'paused'));
  expect(lines).toEqual([
    ['warn', { component: 'kafkajs/Consumer', groupId: 'g' }, 'a retry'],
    ['debug', { component: 'kafkajs/Consumer', groupId: 'g' }, 'paused'],
  ]);
});
