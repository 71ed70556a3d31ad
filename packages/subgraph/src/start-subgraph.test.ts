import { randomBytes } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { Writable } from 'node:stream';
import { createLogger, createMetrics } from '@parapet/service';
import { afterEach, expect, test } from 'vitest';
import { type Identity, identityHeader, signIdentity } from './identity.ts';
import { createLoader, type Loader } from './loader.ts';
import { type RequestScope, type Subgraph, startSubgraph } from './start-subgraph.ts';
import { UserError } from './user-error.ts';

const typeDefs = /* GraphQL */ `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@requiresScopes"])
  scalar DateTime
  scalar Long
  type Query {
    open(at: DateTime, many: Long): String
    secret: String @requiresScopes(scopes: [["threats:read"], ["admin", "events:read"]])
    boom: String
    refused: String
    hang: String
    thing(id: ID!): Thing
  }
  type Mutation {
    touch: String @requiresScopes(scopes: [["threats:write"]])
  }
  type Subscription {
    touched: String
  }
  type Thing @key(fields: "id") @requiresScopes(scopes: [["assets:read"]]) {
    id: ID!
    seen: DateTime!
    count: Long!
    parent: Thing
  }
`;

interface Context {
  readonly identity: Identity;
  readonly scope: RequestScope;
  readonly things: Loader<{ id: string; seen: Date; count: bigint } | null>;
}

const secret = randomBytes(32).toString('base64');
const running: Subgraph[] = [];
afterEach(async () => {
  for (const subgraph of running.splice(0)) await subgraph.stop(AbortSignal.timeout(100));
});

async function start(hooks: { onHang?: (scope: RequestScope) => void } = {}) {
  const logged: string[] = [];
  const batches: string[][] = [];
  let resolved = 0;
  const metrics = createMetrics('test');
  const stream = new Writable({
    write(chunk, _, done) {
      logged.push(String(chunk));
      done();
    },
  });
  const subgraph = await startSubgraph<Context>({
    name: 'test',
    typeDefs,
    resolvers: {
      Query: {
        open: (_, { at, many }: { at?: Date; many?: number }) => {
          resolved += 1;
          return `${at?.toISOString() ?? 'never'} ${many ?? 0}`;
        },
        secret: () => 'for some',
        boom: () => {
          throw new Error('password=hunter2 at 10.0.0.1');
        },
        refused: () => {
          throw new UserError('BAD_USER_INPUT', 'Ask for something else.');
        },
        hang: (_, __, context: Context) => {
          hooks.onHang?.(context.scope);
          return new Promise((_, reject) =>
            context.scope.signal.addEventListener('abort', () => reject(context.scope.signal.reason)),
          );
        },
        thing: (_, { id }: { id: string }, context: Context) => context.things.load(id),
      },
      Mutation: { touch: () => 'touched' },
      Thing: {
        __resolveReference: ({ id }: { id: string }, context: Context) => context.things.load(id),
      },
    },
    createContext: (identity, scope) => ({
      identity,
      scope,
      things: createLoader(async (ids) => {
        batches.push([...ids]);
        return new Map(
          ids.flatMap((id) => (id === 'none' ? [] : [[id, { id, seen: new Date(0), count: 5n }] as const])),
        );
      }, null),
    }),
    secret,
    host: '127.0.0.1',
    port: 0,
    log: createLogger({ service: 'test', level: 'debug', stream }),
    metrics,
  });
  running.push(subgraph);
  const ask = async (
    query: string,
    opts: {
      scopes?: string[];
      variables?: Record<string, unknown>;
      headers?: Record<string, string>;
      token?: string | null;
      body?: string;
    } = {},
  ) => {
    const identity = { subject: 's', kind: 'user', scopes: opts.scopes ?? [], requestId: 'req-7' } as const;
    const token = opts.token === undefined ? await signIdentity(identity, secret) : opts.token;
    const response = await fetch(subgraph.url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(token !== null && { [identityHeader]: token }),
        ...opts.headers,
      },
      body: opts.body ?? JSON.stringify({ query, variables: opts.variables }),
    });
    return { status: response.status, body: (await response.json()) as Answer };
  };
  return { subgraph, ask, logged, batches, metrics, resolved: () => resolved };
}

interface Answer {
  data?: Record<string, unknown> | null;
  errors?: { message: string; path?: string[]; extensions: { code: string; requestId?: string } }[];
}

test('a request without a signed identity is refused and nothing of it runs', async () => {
  const { ask, resolved } = await start();
  const other = await signIdentity(
    { subject: 's', kind: 'user', scopes: [], requestId: 'r' },
    randomBytes(32).toString('base64'),
  );
  for (const token of [null, 'nonsense', other]) {
    for (const query of ['{ open }', '{ _service { sdl } }', '{ __schema { types { name } } }']) {
      const { status, body } = await ask(query, { token });
      expect(status).toBe(401);
      expect(body.errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED');
      expect(body.data).toBeUndefined();
    }
  }
  expect(resolved()).toBe(0);
});

test('the gateway gets the SDL, and introspection is off', async () => {
  const { ask } = await start();
  const service = await ask('{ _service { sdl } }');
  expect(service.body.data).toMatchObject({ _service: { sdl: expect.stringContaining('@requiresScopes') } });
  const introspection = await ask('{ __schema { types { name } } }');
  expect(introspection.body.errors?.[0]?.message).toContain('introspection');
});

test('scopes are enforced on fields and on entities', async () => {
  const { ask } = await start();
  const refused = await ask('{ secret }', { scopes: ['events:read'] });
  expect(refused.body.errors?.[0]).toMatchObject({
    extensions: { code: 'FORBIDDEN' },
    message: 'Query.secret needs the scope threats:read, or admin and events:read.',
  });
  expect((await ask('{ secret }', { scopes: ['threats:read'] })).body.data).toEqual({ secret: 'for some' });
  expect((await ask('{ secret }', { scopes: ['admin', 'events:read'] })).body.data?.['secret']).toBe(
    'for some',
  );
  expect((await ask('mutation { touch }')).body.errors?.[0]?.extensions.code).toBe('FORBIDDEN');

  const entities = 'query ($r: [_Any!]!) { _entities(representations: $r) { ... on Thing { id } } }';
  const variables = { r: [{ __typename: 'Thing', id: 'a' }] };
  expect((await ask(entities, { variables })).body.errors?.[0]?.extensions.code).toBe('FORBIDDEN');
  const allowed = await ask(entities, { variables, scopes: ['assets:read'] });
  expect(allowed.body).toEqual({ data: { _entities: [{ id: 'a' }] } });
});

test('references are resolved by one fetch, and one that is not found is null', async () => {
  const { ask, batches } = await start();
  const { body } = await ask(
    'query ($r: [_Any!]!) { _entities(representations: $r) { ... on Thing { id seen count } } }',
    {
      variables: { r: ['a', 'none', 'b', 'a'].map((id) => ({ __typename: 'Thing', id })) },
      scopes: ['assets:read'],
    },
  );
  const thing = (id: string) => ({ id, seen: '1970-01-01T00:00:00.000Z', count: 5 });
  expect(body.data?.['_entities']).toEqual([thing('a'), null, thing('b'), thing('a')]);
  expect(batches).toEqual([['a', 'none', 'b']]);
});

test('a fault is masked with the request id and logged once, with its stack and message', async () => {
  const { ask, logged } = await start();
  const { body } = await ask('{ boom open }');
  expect(body.data).toEqual({ boom: null, open: 'never 0' });
  expect(JSON.stringify(body)).not.toContain('hunter2');
  expect(body.errors).toHaveLength(1);
  expect(body.errors?.[0]).toMatchObject({
    path: ['boom'],
    extensions: { code: 'INTERNAL_SERVER_ERROR', requestId: 'req-7' },
  });
  const lines = logged.filter((line) => line.includes('hunter2')).map((line) => JSON.parse(line));
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatchObject({ level: 'error', requestId: 'req-7', path: 'boom' });
  expect(lines[0].err.stack).toContain('start-subgraph.test.ts');
});

test('an error written for the caller passes as it is', async () => {
  const { ask, logged } = await start();
  const { body } = await ask('{ refused }');
  expect(body.errors?.[0]).toMatchObject({
    message: 'Ask for something else.',
    extensions: { code: 'BAD_USER_INPUT' },
  });
  expect(logged.filter((line) => line.includes('"level":"error"'))).toEqual([]);
});

test('what is wrong with a request is told: syntax, unknown fields, bad scalars, depth, size', async () => {
  const { ask } = await start();
  const code = async (query: string, variables?: Record<string, unknown>) =>
    (await ask(query, variables ? { variables } : {})).body.errors?.[0]?.extensions.code;
  expect(await code('{ open')).toBe('GRAPHQL_PARSE_FAILED');
  expect(await code('{ nothing }')).toBe('GRAPHQL_VALIDATION_FAILED');
  expect(await code('{ open(at: "yesterday") }')).toBe('GRAPHQL_VALIDATION_FAILED');
  expect(await code('query ($at: DateTime) { open(at: $at) }', { at: '2026-13-01' })).toBe('BAD_USER_INPUT');
  expect(await code('query ($n: Long) { open(many: $n) }', { n: 2 ** 60 })).toBe('BAD_USER_INPUT');
  expect(await code(`{ ${'a: open '.repeat(6000)} }`)).toBe('GRAPHQL_PARSE_FAILED');
  const deep = `{ thing(id: "a") ${'{ parent '.repeat(30)} { id } ${'}'.repeat(30)} }`;
  expect(await code(deep)).toBe('GRAPHQL_VALIDATION_FAILED');
  const spread = `{ thing(id: "a") { ...A } } fragment A on Thing { parent { ...A } }`;
  expect(await code(spread)).toBe('GRAPHQL_VALIDATION_FAILED');
});

test('scalars go both ways', async () => {
  const { ask } = await start();
  const { body } = await ask('query ($at: DateTime, $n: Long) { open(at: $at, many: $n) }', {
    variables: { at: '2026-03-01T12:00:00+02:00', n: '9007199254740991' },
  });
  expect(body.data?.['open']).toBe('2026-03-01T10:00:00.000Z 9007199254740991');
});

test.each([
  ['not JSON', 400, { body: '{"query":' }],
  ['invalid UTF-8 or another type', 415, { body: 'x', headers: { 'content-type': 'text/plain' } }],
  ['a content encoding', 415, { headers: { 'content-encoding': 'gzip' } }],
  ['more than 1 MiB', 413, { body: JSON.stringify({ query: '#'.repeat(1024 * 1024 + 1) }) }],
])('a request that is %s is refused with %i as a GraphQL error', async (_, status, opts) => {
  const { ask } = await start();
  const answer = await ask('{ open }', opts);
  expect(answer.status).toBe(status);
  expect(answer.body.errors?.[0]?.extensions.code).toBe('BAD_REQUEST');
});

test('other methods and paths are refused', async () => {
  const { subgraph } = await start();
  expect((await fetch(subgraph.url)).status).toBe(405);
  expect((await fetch(new URL('/other', subgraph.url), { method: 'POST' })).status).toBe(404);
});

test('a request whose deadline is over is answered 504, and its resolvers are told', async () => {
  let scope: RequestScope | undefined;
  const { ask, metrics } = await start({ onHang: (given) => (scope = given) });
  const { status, body } = await ask('{ hang }', { headers: { 'x-parapet-deadline-ms': '50' } });
  expect(status).toBe(504);
  expect(body.errors?.[0]?.extensions.code).toBe('DEADLINE_EXCEEDED');
  expect(scope?.signal.aborted).toBe(true);
  expect(await metrics.registry.metrics()).toContain(
    'parapet_subgraph_requests_refused_total{status="504",service="test"} 1',
  );
});

test('resolvers are told when the client goes away', async () => {
  const { promise: hanging, resolve } = Promise.withResolvers<RequestScope>();
  const { subgraph } = await start({ onHang: resolve });
  const identity = { subject: 's', kind: 'user', scopes: [], requestId: 'r' } as const;
  const client = httpRequest(subgraph.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', [identityHeader]: await signIdentity(identity, secret) },
  });
  client.on('error', () => undefined);
  client.end(JSON.stringify({ query: '{ hang }' }));
  const { signal } = await hanging;
  const aborted = new Promise((done) => signal.addEventListener('abort', done));
  client.destroy();
  await aborted;
  expect(String(signal.reason)).toContain('went away');
});

test('stopping waits for requests under way until its deadline, then cuts them off', async () => {
  const { promise: hanging, resolve } = Promise.withResolvers<RequestScope>();
  const { subgraph, ask } = await start({ onHang: resolve });
  const answered = ask('{ hang }').catch((error: unknown) => error);
  const { signal } = await hanging;
  const deadline = new AbortController();
  const stopped = subgraph.stop(deadline.signal);
  running.length = 0;
  expect(signal.aborted).toBe(false);
  deadline.abort();
  await stopped;
  expect(signal.aborted).toBe(true);
  expect(await answered).toBeInstanceOf(Error);
});

test('metrics tell kinds of operations, outcomes and root fields', async () => {
  const { ask, metrics } = await start();
  await ask('{ open }');
  await ask('{ boom }');
  await ask('{ refused }');
  await ask('{ nothing }');
  await ask('query ($r: [_Any!]!) { _entities(representations: $r) { ... on Thing { id } } }', {
    variables: { r: [{ __typename: 'Thing', id: 'a' }] },
    scopes: ['assets:read'],
  });
  const text = await metrics.registry.metrics();
  const count = (kind: string, outcome: string) =>
    new RegExp(`request_seconds_count{[^}]*kind="${kind}",outcome="${outcome}"[^}]*} 1\\b`);
  expect(text).toMatch(count('query', 'ok'));
  expect(text).toMatch(count('query', 'fault'));
  expect(text).toMatch(count('query', 'user_error'));
  expect(text).toMatch(count('invalid', 'user_error'));
  expect(text).toMatch(count('entities', 'ok'));
  expect(text).toContain('parapet_subgraph_fields_resolved_total{field="Query.open",service="test"} 1');
  expect(text).toContain('parapet_subgraph_fields_resolved_total{field="_entities.Thing",service="test"} 1');
});

test('a port in use is told with what to change', async () => {
  const { subgraph } = await start();
  const port = Number(new URL(subgraph.url).port);
  await expect(
    startSubgraph({
      name: 'second',
      typeDefs: 'type Query { open: String }',
      resolvers: {},
      createContext: () => ({}),
      secret,
      host: '127.0.0.1',
      port,
      log: createLogger({ service: 'test', level: 'silent' }),
      metrics: createMetrics('second'),
    }),
  ).rejects.toThrow('HTTP_PORT');
});
