import { request } from 'node:http';
import { connect } from 'node:net';
import {
  startOfficeSubgraphs,
  startTestGateway,
  type TestGateway,
  testTokens,
} from '@parapet/gateway/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let office: Awaited<ReturnType<typeof startOfficeSubgraphs>>;
let gateway: TestGateway;
const token = testTokens.admin;

beforeAll(async () => {
  office = await startOfficeSubgraphs();
  gateway = await startTestGateway(office.sources);
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await office[Symbol.asyncDispose]();
});

const codeOf = (answer: Awaited<ReturnType<TestGateway['post']>>) =>
  answer.body.errors?.[0]?.extensions['code'];
const nested = (depth: number) =>
  `{ alert(id: "a1") { ${'related(first: 1) { '.repeat(depth)} id ${'}'.repeat(depth)} } }`;

describe('introspection', () => {
  it.each([
    '{ __schema { types { name } } }',
    '{ __type(name: "Alert") { fields { name } } }',
    'query { ...F } fragment F on Query { s: __schema { queryType { name } } }',
  ])('is off in production: %s', async (query) => {
    expect(codeOf(await gateway.post({ query }, { token }))).toBe('INTROSPECTION_DISABLED');
  });

  it('does not come back through suggestions', async () => {
    const answer = await gateway.post({ query: '{ alrt(id: 1) { id } wohami }' }, { token });
    expect(JSON.stringify(answer.body)).toContain('Cannot query field');
    expect(JSON.stringify(answer.body)).not.toMatch(/Did you mean|whoami/);
  });

  it('and GraphiQL are there in development', async () => {
    await using open = await startTestGateway(office.sources, { environment: 'development' });
    const { body } = await open.post({ query: '{ __schema { queryType { name } } }' }, { token });
    expect(body.data).toEqual({ __schema: { queryType: { name: 'Query' } } });
    const page = await fetch(open.url, { headers: { accept: 'text/html' } });
    expect(await page.text()).toContain('<html');
  });

  it('has no GraphiQL in production', async () => {
    const page = await fetch(gateway.url, { headers: { accept: 'text/html' } });
    expect(await page.text()).not.toContain('<html');
  });
});

describe('operations made to hurt', () => {
  const bomb = Array.from(
    { length: 30 },
    (_, i) => `fragment F${i} on Alert { related { ...F${i + 1} ...F${i + 1} } }`,
  );
  it.each<[string, string, string]>([
    ['deep nesting', nested(40), 'OPERATION_TOO_COMPLEX'],
    ['nesting no parser should follow', `${'{ a '.repeat(20_000)}`, 'OPERATION_TOO_COMPLEX'],
    [
      'many aliases',
      `{ ${Array.from({ length: 200 }, (_, i) => `a${i}: whoami`).join(' ')} }`,
      'OPERATION_TOO_COMPLEX',
    ],
    ['many directives', `{ whoami ${'@skip(if: false) '.repeat(200)} }`, 'OPERATION_TOO_COMPLEX'],
    ['many tokens', `{ ${'whoami '.repeat(5_000)} }`, 'OPERATION_TOO_COMPLEX'],
    ['a long text', `{ whoami } # ${'x'.repeat(100_000)}`, 'OPERATION_TOO_COMPLEX'],
    [
      'a fragment bomb',
      `query { alert(id: "a1") { ...F0 } } ${bomb.join(' ')} fragment F30 on Alert { id }`,
      'OPERATION_TOO_COMPLEX',
    ],
    [
      'a fragment inside itself',
      'query { alert(id: "a1") { ...F } } fragment F on Alert { related { ...F } }',
      'GRAPHQL_VALIDATION_FAILED',
    ],
    [
      'a product of lists',
      `{ alerts(first: 500) { nodes { related(first: 500) { related(first: 500) { id } } } } }`,
      'OPERATION_TOO_COMPLEX',
    ],
  ])('%s is refused before it is executed', async (_, query, code) => {
    office.calls.clear();
    const started = performance.now();
    const answer = await gateway.post({ query }, { token });
    expect(codeOf(answer)).toBe(code);
    expect(performance.now() - started).toBeLessThan(2_000);
    expect(office.calls.size).toBe(0);
  });

  it('a product of lists that is hidden in a variable is refused too', async () => {
    const query = 'query($n: Int) { alerts(first: $n) { nodes { related(first: $n) { id } } } }';
    expect(codeOf(await gateway.post({ query, variables: { n: 400 } }, { token }))).toBe(
      'OPERATION_TOO_COMPLEX',
    );
    expect(codeOf(await gateway.post({ query, variables: { n: 2 } }, { token }))).toBeUndefined();
  });

  it('variables nested deeper than anything needs are refused, and cost no subgraph its good name', async () => {
    const query = 'query($when: Moment) { since(when: $when) }';
    const deep = `${'['.repeat(50_000)}1${']'.repeat(50_000)}`;
    for (let i = 0; i < 30; i += 1) {
      const answer = await gateway.post(`{"query":"${query}","variables":{"when":${deep}}}`, { token });
      expect(codeOf(answer)).toBe('OPERATION_TOO_COMPLEX');
    }
    const answer = await gateway.post({ query, variables: { when: '2026-01-01' } }, { token });
    expect(answer.body.data).toEqual({ since: '"2026-01-01"' });
  });

  it('a batch is refused', async () => {
    const answer = await gateway.post([{ query: '{ whoami }' }, { query: '{ whoami }' }], { token });
    expect(answer.status).toBe(400);
  });

  it('a body beyond the limit is refused, whether it says its length or not', async () => {
    const big = JSON.stringify({ query: '{ whoami }', variables: { x: 'y'.repeat(1024 * 1024) } });
    expect((await gateway.post(big, { token })).status).toBe(413);
    const status = await new Promise((resolve, reject) => {
      const call = request(gateway.url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          authorization: `Bearer ${token}`,
          'transfer-encoding': 'chunked',
        },
      });
      call.on('response', (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      call.on('error', reject);
      call.end(big);
    });
    expect(status).toBe(413);
  });

  it.each<[string, unknown]>([
    ['an array of variables', { query: '{ whoami }', variables: [1] }],
    ['a query that is not text', { query: { a: 1 } }],
    ['parameters nobody knows', { query: '{ whoami }', admin: true }],
    ['null', 'null'],
    ['a number', '7'],
    [
      'prototype pollution',
      '{"query":"{ whoami }","__proto__":{"isAdmin":true},"variables":{"__proto__":{"x":1}}}',
    ],
  ])('%s is answered without a crash', async (_, body) => {
    const answer = await gateway.post(body, { token });
    expect(answer.status).toBeLessThan(500);
    expect(({} as Record<string, unknown>)['isAdmin']).toBeUndefined();
    expect((await gateway.post({ query: '{ whoami }' }, { token })).status).toBe(200);
  });
});

describe('requests a foreign page can make', () => {
  it.each<[string, RequestInit]>([
    ['a form', { method: 'POST', body: new URLSearchParams({ query: 'mutation { x }' }) }],
    [
      'plain text',
      { method: 'POST', body: '{"query":"{ whoami }"}', headers: { 'content-type': 'text/plain' } },
    ],
    ['an upload', { method: 'POST', body: new FormData() }],
    ['no content type', { method: 'POST', body: new Blob(['{"query":"{ whoami }"}']) }],
  ])('%s is refused', async (_, init) => {
    const response = await fetch(gateway.url, init);
    expect(response.status).toBe(415);
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'BAD_REQUEST' } }] });
  });

  it('a GET without a header that needs a preflight is refused, and a mutation by GET always', async () => {
    const get = (query: string, headers = {}) =>
      fetch(`${gateway.url}?query=${encodeURIComponent(query)}`, { headers });
    expect((await get('{ whoami }')).status).toBe(400);
    expect((await get('{ whoami }', { authorization: `Bearer ${token}` })).status).toBe(200);
    const mutation = 'mutation { setTitle(id: "a1", title: "x") { id } }';
    expect((await get(mutation, { authorization: `Bearer ${token}` })).status).toBe(405);
  });

  it('gets no CORS permission unless its origin is listed', async () => {
    const preflight = (url: string, origin: string) =>
      fetch(url, {
        method: 'OPTIONS',
        headers: {
          origin,
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'authorization',
        },
      });
    const closed = await preflight(gateway.url, 'https://evil.example');
    expect(closed.headers.get('access-control-allow-origin')).toBeNull();
    await using listed = await startTestGateway(office.sources, { corsOrigins: ['https://soc.example'] });
    const allowed = await preflight(listed.url, 'https://soc.example');
    expect(allowed.headers.get('access-control-allow-origin')).toBe('https://soc.example');
    expect(allowed.headers.get('access-control-allow-credentials')).not.toBe('true');
    const other = await preflight(listed.url, 'https://evil.example');
    expect(other.headers.get('access-control-allow-origin')).not.toBe('https://evil.example');
  });

  it('and every other answer carry the security headers', async () => {
    for (const response of [await fetch(gateway.url), await fetch(new URL('/nothing', gateway.url))]) {
      expect(response.headers.get('x-content-type-options')).toBe('nosniff');
      expect(response.headers.get('x-frame-options')).toBe('DENY');
      expect(response.headers.get('cache-control')).toBe('no-store');
      expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(response.headers.get('x-request-id')).toBeTruthy();
      expect(response.headers.get('x-powered-by')).toBeNull();
    }
  });
});

describe('the way to the subgraphs', () => {
  it('does not take an identity from outside', async () => {
    office.identities.length = 0;
    const { body } = await gateway.post(
      { query: '{ whoami }' },
      {
        token: testTokens.threats,
        headers: { 'x-parapet-identity': 'forged', 'x-parapet-deadline-ms': '1' },
      },
    );
    expect(body.data).toEqual({ whoami: `api_key:${'b'.repeat(16)} [threats:read]` });
    expect(office.identities).toHaveLength(1);
  });

  it('is closed to whoever has no identity that the gateway signed', async () => {
    const [threats] = office.sources;
    const ask = (headers: Record<string, string>) =>
      fetch(threats?.url ?? '', {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ query: '{ whoami }' }),
      });
    expect((await ask({})).status).toBe(401);
    expect((await ask({ 'x-parapet-identity': 'forged' })).status).toBe(401);
    expect((await ask({ authorization: `Bearer ${token}` })).status).toBe(401);
  });

  it('offers nothing of federation to callers', async () => {
    for (const query of [
      '{ _service { sdl } }',
      '{ _entities(representations: [{ __typename: "Alert", id: "a1" }]) { ... on Alert { id } } }',
    ]) {
      expect(codeOf(await gateway.post({ query }, { token }))).toBe('GRAPHQL_VALIDATION_FAILED');
    }
  });
});

describe('HTTP itself', () => {
  const raw = (text: string) =>
    new Promise<string>((resolve, reject) => {
      const { hostname, port } = new URL(gateway.url);
      const socket = connect(Number(port), hostname, () => socket.end(text));
      let answer = '';
      socket.on('data', (chunk) => {
        answer += String(chunk);
      });
      socket.on('close', () => resolve(answer));
      socket.on('error', reject);
    });

  it.each<[string, string]>([
    [
      'two lengths',
      'POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello',
    ],
    [
      'a length and chunks',
      'POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['headers without end', `GET /graphql HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(40_000)}\r\n\r\n`],
    ['no HTTP', '\x16\x03\x01\x02\x00\x01'],
  ])('%s is refused', async (_, text) => {
    expect(await raw(text)).toMatch(/^HTTP\/1\.1 4\d\d/);
  });

  it('serves no other path and no other method', async () => {
    expect((await fetch(new URL('/admin', gateway.url))).status).toBe(404);
    expect((await fetch(new URL('/graphql/../metrics', gateway.url))).status).toBe(404);
    expect((await fetch(gateway.url, { method: 'DELETE' })).status).toBe(405);
  });
});
