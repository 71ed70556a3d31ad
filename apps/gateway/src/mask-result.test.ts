import { GraphQLError } from 'graphql';
import { describe, expect, it, vi } from 'vitest';
import { gatewayError } from './errors.ts';
import { maskResult } from './mask-result.ts';

const mask = (error: unknown) => {
  const log = { error: vi.fn(), warn: vi.fn() };
  const { errors = [] } = maskResult({ data: null, errors: [error] }, { requestId: 'r1', log });
  return { error: errors[0], log };
};
const fromSubgraph = (code: string | undefined, message = 'inside') =>
  new GraphQLError(message, { path: ['a'], extensions: { code, serviceName: 'threats', secret: 'x' } });

describe('maskResult', () => {
  it.each(['BAD_USER_INPUT', 'FORBIDDEN', 'UNAVAILABLE', 'DEADLINE_EXCEEDED'])(
    'passes %s of a subgraph',
    (code) => {
      const { error, log } = mask(fromSubgraph(code));
      expect(error?.toJSON()).toEqual({
        message: 'inside',
        path: ['a'],
        extensions: { code, requestId: 'r1', service: 'threats' },
      });
      expect(log.error).not.toHaveBeenCalled();
    },
  );

  it.each([
    undefined,
    'INTERNAL_SERVER_ERROR',
    'GRAPHQL_VALIDATION_FAILED',
    'UNAUTHENTICATED',
    'DOWNSTREAM_SERVICE_ERROR',
  ])('hides %s of a subgraph and logs it', (code) => {
    const { error, log } = mask(fromSubgraph(code, 'postgresql://user:pw@db'));
    expect(error?.extensions).toEqual({ code: 'INTERNAL_SERVER_ERROR', requestId: 'r1' });
    expect(error?.message).not.toContain('postgresql');
    expect(error?.path).toEqual(['a']);
    expect(log.error).toHaveBeenCalledOnce();
  });

  it.each<unknown>([new Error('boom'), 'text', null, { message: 'x' }, new GraphQLError('no code')])(
    'hides %s and answers 500 when no field has failed',
    (thrown) => {
      const { error } = mask(thrown);
      expect(error?.extensions).toMatchObject({ code: 'INTERNAL_SERVER_ERROR', http: { status: 500 } });
      expect(error?.message).not.toMatch(/boom|text|no code/);
    },
  );

  it('passes errors of the gateway with what HTTP needs, and logs their cause', () => {
    const { error, log } = mask(gatewayError('RATE_LIMITED', 'Too many.', { retryAfterSeconds: 3 }));
    expect(error?.extensions).toMatchObject({
      code: 'RATE_LIMITED',
      retryAfterSeconds: 3,
      http: { status: 429 },
    });
    expect(log.warn).not.toHaveBeenCalled();
    const caused = mask(
      gatewayError('SUBGRAPH_UNAVAILABLE', 'Away.', { originalError: new Error('ECONNREFUSED') }),
    );
    expect(caused.error?.message).toBe('Away.');
    expect(caused.log.warn).toHaveBeenCalledOnce();
  });

  it('does not mask or log twice, and does not change what it was given', () => {
    const log = { error: vi.fn(), warn: vi.fn() };
    const given = new Error('boom');
    const once = maskResult({ errors: [given] }, { requestId: 'r1', log });
    const twice = maskResult(once, { requestId: 'r2', log });
    expect(twice.errors?.[0]).toBe(once.errors?.[0]);
    expect(log.error).toHaveBeenCalledOnce();
    expect(given.message).toBe('boom');
  });

  it('leaves a result without errors as it is', () => {
    const result = { data: { a: 1 } };
    expect(maskResult(result, { requestId: 'r', log: { error: vi.fn(), warn: vi.fn() } })).toBe(result);
  });
});
