import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { SubgraphSource } from './compose.ts';
import {
  type OfficeSubgraphs,
  startOfficeSubgraphs,
  startTestGateway,
  type TestGateway,
  testTokens,
  until,
} from './testing/index.ts';

let office: OfficeSubgraphs;
let gateway: TestGateway;

beforeAll(async () => {
  office = await startOfficeSubgraphs();
  gateway = await startTestGateway(office.sources);
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await office[Symbol.asyncDispose]();
});

const codes = (body: { errors?: readonly { extensions: Readonly<Record<string, unknown>> }[] }) =>
  body.errors?.map((error) => error.extensions['code']);

describe('scopes', () => {
  const { admin, threats, reader } = testTokens;
  it.each<[string, string | undefined, string, string[] | undefined]>([
    ['a field of a granted scope', threats, '{ alert(id: "a1") { id } }', undefined],
    ['a field of a scope that is missing', threats, '{ asset(id: "h1") { id } }', ['FORBIDDEN']],
    ['a field without a token', undefined, '{ alert(id: "a1") { id } }', ['UNAUTHENTICATED']],
    ['an open field without a token', undefined, '{ whoami }', undefined],
    ['a nested field of another subgraph', threats, '{ alert(id: "a1") { asset { name } } }', ['FORBIDDEN']],
    ['an alias', threats, '{ alert(id: "a1") { id: note } }', ['FORBIDDEN']],
    [
      'a fragment',
      threats,
      'query { alert(id: "a1") { ...F } } fragment F on Alert { ...G } fragment G on Alert { note }',
      ['FORBIDDEN'],
    ],
    ['an inline fragment', threats, '{ alert(id: "a1") { ... on Alert { ... { note } } } }', ['FORBIDDEN']],
    ['an interface whose implementation is guarded', reader, '{ findings { note } }', ['FORBIDDEN']],
    ['an interface field that is open', reader, '{ findings { id } }', undefined],
    ['a guarded type behind a connection', threats, '{ events { edges { node { id } } } }', ['FORBIDDEN']],
    ['one of two lists of scopes', reader, '{ secret }', undefined],
    ['the other list of scopes', admin, '{ secret }', undefined],
    ['none of two lists of scopes', threats, '{ secret }', ['FORBIDDEN']],
    ['a policy nobody defined', admin, '{ audited }', ['FORBIDDEN']],
    ['a mutation', reader, 'mutation { setTitle(id: "a1", title: "x") { id } }', ['FORBIDDEN']],
    ['a field left out by @skip', threats, '{ whoami secret @skip(if: true) }', undefined],
    [
      'several refused fields, each told',
      threats,
      '{ secret asset(id: "h1") { id } }',
      ['FORBIDDEN', 'FORBIDDEN'],
    ],
  ])('%s', async (_, token, query, expected) => {
    const { body, status } = await gateway.post({ query }, token === undefined ? {} : { token });
    expect(codes(body)).toEqual(expected);
    if (expected === undefined) expect(body.data).toBeTruthy();
    else expect(body.data ?? null).toBeNull();
    expect(status).toBe(expected === undefined ? 200 : expected[0] === 'FORBIDDEN' ? 403 : 401);
  });

  it('tells the path, the scope and the request id, and asks no subgraph', async () => {
    office.calls.clear();
    const { body } = await gateway.post(
      { query: '{ alert(id: "a1") { it: asset { name } } }' },
      { token: testTokens.threats, headers: { 'x-request-id': 'req-1' } },
    );
    expect(body.errors).toEqual([
      {
        message: 'The field Asset.name needs the scope assets:read.',
        path: ['alert', 'it', 'name'],
        locations: [{ line: 1, column: 33 }],
        extensions: { code: 'FORBIDDEN', requestId: 'req-1' },
      },
    ]);
    expect(office.calls.size).toBe(0);
  });

  it('follows the variable of @include', async () => {
    const query = 'query Q($all: Boolean!) { whoami secret @include(if: $all) }';
    const ask = async (all: boolean) =>
      codes((await gateway.post({ query, variables: { all } }, { token: testTokens.threats })).body);
    expect(await ask(false)).toBeUndefined();
    expect(await ask(true)).toEqual(['FORBIDDEN']);
  });

  it('sends the subgraphs who asks, with what admin implies', async () => {
    const { body } = await gateway.post({ query: '{ whoami }' }, { token: testTokens.admin });
    expect(body.data).toEqual({
      whoami: `api_key:${'a'.repeat(16)} [events:read assets:read threats:read threats:write admin]`,
    });
  });
});

describe('errors', () => {
  it('masks a fault of a subgraph and keeps the rest of the answer', async () => {
    const { body, status, headers } = await gateway.post(
      { query: '{ broken whoami }' },
      { token: testTokens.reader },
    );
    expect(status).toBe(200);
    expect(body.data).toMatchObject({ broken: null, whoami: expect.any(String) });
    const requestId = headers.get('x-request-id');
    expect(body.errors).toMatchObject([
      { path: ['broken'], extensions: { code: 'INTERNAL_SERVER_ERROR', requestId } },
    ]);
    expect(JSON.stringify(body)).not.toContain('hunter2');
    expect(gateway.logged().split('"an operation failed"')).toHaveLength(2);
    expect(gateway.logged()).toContain(requestId);
  });

  it('passes on what a subgraph says to the caller', async () => {
    const { body } = await gateway.post({ query: '{ refused }' }, { token: testTokens.reader });
    expect(body.errors).toMatchObject([
      {
        message: 'The text is not one we take.',
        path: ['refused'],
        extensions: { code: 'BAD_USER_INPUT', service: 'threats' },
      },
    ]);
  });

  it.each<[string, unknown, number, string]>([
    ['a syntax error', { query: '{ whoami' }, 400, 'GRAPHQL_PARSE_FAILED'],
    ['an unknown field', { query: '{ whoam }' }, 400, 'GRAPHQL_VALIDATION_FAILED'],
    ['a wrong variable', { query: 'query($id: ID!) { alert(id: $id) { id } }' }, 400, 'BAD_USER_INPUT'],
    [
      'an unknown operation',
      { query: 'query A { whoami }', operationName: 'B' },
      400,
      'OPERATION_RESOLUTION_FAILURE',
    ],
    [
      'two operations, none named',
      { query: 'query A { whoami } query B { whoami }' },
      400,
      'OPERATION_RESOLUTION_FAILURE',
    ],
    ['a missing query', { variables: {} }, 400, 'BAD_REQUEST'],
    ['a body that is not JSON', '{"query":', 400, 'BAD_REQUEST'],
  ])('tells the caller about %s', async (_, body, status, code) => {
    const headers = { accept: 'application/graphql-response+json' };
    const answer = await gateway.post(body, { token: testTokens.reader, headers });
    expect({ status: answer.status, codes: codes(answer.body) }).toEqual({ status, codes: [code] });
    expect(answer.body.errors?.[0]?.extensions['requestId']).toBe(answer.headers.get('x-request-id'));
    expect(JSON.stringify(answer.body)).not.toContain('Did you mean');
  });

  it('takes a sane request id and replaces any other', async () => {
    const ask = async (given: string) =>
      (await gateway.post({ query: '{ whoami }' }, { headers: { 'x-request-id': given } })).headers.get(
        'x-request-id',
      );
    expect(await ask('trace-42.a_b')).toBe('trace-42.a_b');
    for (const bad of ['x'.repeat(129), 'a b', 'x<script>']) {
      expect(await ask(bad)).toMatch(/^[0-9a-f-]{36}$/);
    }
    expect(office.identities.map(({ requestId }) => requestId)).toContain('trace-42.a_b');
  });
});

describe('deadline', () => {
  it('gives an operation up at its deadline, and the subgraph hears of it', async () => {
    await using hasty = await startTestGateway(office.sources, { limits: { operationTimeoutMs: 150 } });
    office.aborted = 0;
    const started = performance.now();
    const { body, status } = await hasty.post({ query: '{ slow(ms: 60000) }' }, { token: testTokens.reader });
    expect({ codes: codes(body), status }).toEqual({ codes: ['DEADLINE_EXCEEDED'], status: 504 });
    expect(performance.now() - started).toBeLessThan(5_000);
    await until(() => office.aborted === 1);
  });

  it('ends the subgraph request of a query whose caller has gone', async () => {
    office.aborted = 0;
    office.calls.set('slow', 0);
    const gone = new AbortController();
    const call = fetch(gateway.url, {
      method: 'POST',
      signal: gone.signal,
      headers: { 'content-type': 'application/json', authorization: `Bearer ${testTokens.reader}` },
      body: JSON.stringify({ query: '{ slow(ms: 60000) }' }),
    }).catch(() => undefined);
    await until(() => office.calls.get('slow') === 1);
    gone.abort();
    await until(() => office.aborted === 1);
    await call;
  });
});

describe('rate limit', () => {
  it('answers 429 with Retry-After once an identity has spent its burst, and spares the others', async () => {
    await using tight = await startTestGateway(office.sources, {
      limits: { operations: { perSecond: 0.1, burst: 3 } },
    });
    const ask = (token: string) => tight.post({ query: '{ whoami }' }, { token });
    const statuses = [];
    for (let i = 0; i < 5; i += 1) statuses.push((await ask(testTokens.reader)).status);
    expect(statuses).toEqual([200, 200, 200, 429, 429]);
    const refused = await ask(testTokens.reader);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect(codes(refused.body)).toEqual(['RATE_LIMITED']);
    expect((await ask(testTokens.admin)).status).toBe(200);
  });
});

describe('a subgraph in trouble', () => {
  let troubled: Server;
  let listener: RequestListener;
  let source: SubgraphSource;
  let requests = 0;

  beforeEach(async () => {
    requests = 0;
    troubled = createServer((req, res) => {
      requests += 1;
      req.resume();
      listener(req, res);
    });
    await new Promise<void>((resolve) => troubled.listen(0, '127.0.0.1', resolve));
    const assets = office.sources.find(({ name }) => name === 'assets');
    const { port } = troubled.address() as AddressInfo;
    source = { name: 'assets', sdl: assets?.sdl ?? '', url: `http://127.0.0.1:${port}/graphql` };
  });
  afterEach(async () => {
    troubled.closeAllConnections();
    await new Promise((resolve) => troubled.close(resolve));
  });
  const withTroubled = () => office.sources.map((other) => (other.name === 'assets' ? source : other));
  const query = '{ alert(id: "a1") { title asset { name openAlertCount } } }';

  it.each<[string, RequestListener]>([
    ['answers 500', (_, res) => res.writeHead(500).end('oops')],
    ['answers 503', (_, res) => res.writeHead(503).end()],
    ['hangs up', (req) => req.socket.destroy()],
    ['answers something that is not JSON', (_, res) => res.end('<html>')],
    ['answers JSON that is not GraphQL', (_, res) => res.end('[1]')],
    ['answers nothing in time', () => undefined],
  ])('that %s leaves its fields null and the others whole', async (_, behaviour) => {
    listener = behaviour;
    await using partial = await startTestGateway(withTroubled(), { limits: { subgraphTimeoutMs: 200 } });
    const { body, status } = await partial.post({ query }, { token: testTokens.reader });
    expect(status).toBe(200);
    expect(body.data).toEqual({ alert: { title: 'Alert 1', asset: { name: null, openAlertCount: 1 } } });
    expect(body.errors).toMatchObject([
      { path: ['alert', 'asset'], extensions: { code: 'SUBGRAPH_UNAVAILABLE', service: 'assets' } },
    ]);
    expect(JSON.stringify(body)).not.toContain('127.0.0.1');
  });

  it('that hangs up once is asked again for a query', async () => {
    listener = (req, res) => {
      if (requests === 1) req.socket.destroy();
      else {
        res.setHeader('content-type', 'application/json');
        res.end(JSON.stringify({ data: { _entities: [{ name: 'second try' }] } }));
      }
    };
    await using retrying = await startTestGateway(withTroubled());
    const { body } = await retrying.post({ query }, { token: testTokens.reader });
    expect(body.data).toMatchObject({ alert: { asset: { name: 'second try' } } });
    expect(body.errors).toBeUndefined();
    expect(requests).toBe(2);
  });

  const circuit = (halfOpenAfterMs: number) => ({
    breaker: { threshold: 0.5, windowMs: 5_000, minimumCallsPerSecond: 0, halfOpenAfterMs },
  });
  const untilOpen = (gateway: TestGateway) =>
    until(async () => {
      const { body } = await gateway.post({ query }, { token: testTokens.reader });
      expect(codes(body)).toEqual(['SUBGRAPH_UNAVAILABLE']);
      return gateway.logged().includes('"state":"open"');
    });

  it('is not asked any more while its circuit is open', async () => {
    listener = (_, res) => res.writeHead(500).end();
    // Longer than any test takes: no clock says when it is asked again.
    await using guarded = await startTestGateway(withTroubled(), circuit(600_000));
    await untilOpen(guarded);
    const asked = requests;
    for (let i = 0; i < 10; i += 1) await guarded.post({ query }, { token: testTokens.reader });
    expect(requests).toBe(asked);
  });

  it('is asked again after its circuit was open', async () => {
    const state: { healthy: boolean } = { healthy: false };
    listener = (_, res) => {
      if (state.healthy) res.end(JSON.stringify({ data: { _entities: [{ name: 'back' }] } }));
      else res.writeHead(500).end();
    };
    await using guarded = await startTestGateway(withTroubled(), circuit(300));
    await untilOpen(guarded);
    state.healthy = true;
    await until(
      async () => (await guarded.post({ query }, { token: testTokens.reader })).body.errors === undefined,
    );
    expect(await guarded.metrics.registry.metrics()).toMatch(/breaker_open\{subgraph="assets".*\} 0/);
  });
});
