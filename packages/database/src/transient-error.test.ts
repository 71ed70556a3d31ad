import { describe, expect, it } from 'vitest';
import { isTransientDatabaseError } from './transient-error.ts';

const withFields = (fields: object, message = 'x') => Object.assign(new Error(message), fields);

describe('isTransientDatabaseError', () => {
  it.each([
    ['a refused connection', withFields({ code: 'ECONNREFUSED' })],
    ['a reset connection', withFields({ code: 'ECONNRESET' })],
    ['a connection that ended', new Error('Connection terminated unexpectedly')],
    ['a pool that has none to give', new Error('timeout exceeded when trying to connect')],
    ['an administrator shutting down', withFields({ code: '57P01' })],
    ['a server that starts', withFields({ code: '57P03' }, 'the database system is starting up')],
    ['a serialization failure', withFields({ code: '40001' })],
    ['a deadlock', withFields({ code: '40P01' })],
    ['too many connections', withFields({ code: '53300' })],
    ['a statement that took too long', withFields({ code: '57014' })],
    ['a write conflict of Prisma', withFields({ code: 'P2034' })],
    ['a cause inside', new Error('outer', { cause: withFields({ kind: 'ConnectionClosed' }) })],
    [
      'what Prisma keeps of its adapter',
      withFields({ code: 'P2010', meta: { driverAdapterError: { cause: { originalCode: '57P01' } } } }),
    ],
    ['all addresses of a name refused', new AggregateError([withFields({ code: 'ECONNREFUSED' })])],
  ])('is true for %s', (_name, error) => expect(isTransientDatabaseError(error)).toBe(true));

  it.each([
    ['a unique violation', withFields({ code: '23505' })],
    ['a syntax error', withFields({ code: '42601' })],
    ['a wrong password', withFields({ code: '28P01' })],
    ['a missing database', withFields({ code: '3D000' })],
    [
      "a unique violation in Prisma's words",
      withFields({ code: 'P2002', meta: { driverAdapterError: { cause: { originalCode: '23505' } } } }),
    ],
    ['an error of ours', new TypeError('x is not a function')],
    ['text', 'ECONNREFUSED'],
    ['nothing', undefined],
    ['null', null],
  ])('is false for %s', (_name, error) => expect(isTransientDatabaseError(error)).toBe(false));

  it('ends on a ring of causes', () => {
    const ring = new Error('ring');
    ring.cause = ring;
    expect(isTransientDatabaseError(ring)).toBe(false);
  });
});
