import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createTestClient,
  type OfficeSubgraphs,
  startOfficeSubgraphs,
  startTestGateway,
  subscribe,
  type TestGateway,
  testTokens,
  until,
} from './testing/index.ts';

let office: OfficeSubgraphs;
let gateway: TestGateway;

beforeAll(async () => {
  office = await startOfficeSubgraphs();
  gateway = await startTestGateway(office.sources, { limits: { maxQueuedAlerts: 8 } });
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await office[Symbol.asyncDispose]();
});

const subscribers = async () => {
  const text = await gateway.metrics.registry.getSingleMetricAsString('parapet_gateway_subscribers');
  return Number(/\} (\d+)/.exec(text)?.[1] ?? 0);
};
const open = async (query: string, token: string, variables = {}) => {
  const before = await subscribers();
  const client = createTestClient(gateway.webSocketUrl, token);
  const subscription = subscribe(client, query, variables);
  await until(async () => (await subscribers()) === before + 1);
  return {
    ...subscription,
    async close() {
      subscription.stop();
      await client.dispose();
      await until(async () => (await subscribers()) === before);
    },
  };
};
const high = { id: 'a2', severity: 4 };
const low = { id: 'a1', severity: 2 };

describe('alertRaised over WebSocket', () => {
  it('delivers an announced alert with fields of other subgraphs, under the names the subscriber gave', async () => {
    const subscription = await open(
      `subscription Watch($min: Severity, $events: Int!) { raised: alertRaised(minSeverity: $min) { ...Shown } }
       fragment Shown on Alert { headline: title asset { name events(first: $events) { edges { node { id } } } } }`,
      testTokens.reader,
      { min: 'medium', events: 1 },
    );
    gateway.gateway.hub.announce(low);
    gateway.gateway.hub.announce(high);
    await subscription.received(1);
    expect(subscription.results).toEqual([
      {
        data: {
          raised: {
            headline: 'Alert 2',
            asset: { name: 'host-h2', events: { edges: [{ node: { id: 'h2-e0' } }] } },
          },
        },
      },
    ]);
    await subscription.close();
  });

  it('resolves an alert once for all subscribers that ask the same with the same rights', async () => {
    const query = 'subscription { alertRaised { title } }';
    const first = await open(query, testTokens.reader);
    const second = await open(query, testTokens.reader);
    const other = await open(query, testTokens.threats);
    office.calls.set('alert', 0);
    gateway.gateway.hub.announce(high);
    await Promise.all([first.received(1), second.received(1), other.received(1)]);
    expect(office.calls.get('alert')).toBe(2);
    expect(office.identities.at(-1)).toMatchObject({ kind: 'service', subject: 'gateway' });
    await other.close();
    await second.close();
    await first.close();
  });

  it('skips an alert that is gone and keeps the order of those that are not', async () => {
    const subscription = await open('subscription { alertRaised { id } }', testTokens.reader);
    for (const id of ['a3', 'gone', 'a1', 'a2']) gateway.gateway.hub.announce({ id, severity: 5 });
    await subscription.received(3);
    expect(subscription.results).toEqual(['a3', 'a1', 'a2'].map((id) => ({ data: { alertRaised: { id } } })));
    await subscription.close();
  });

  it('spends nothing of the rate of its subscriber', async () => {
    await using tight = await startTestGateway(office.sources, {
      limits: { operations: { perSecond: 0.001, burst: 1 } },
    });
    const client = createTestClient(tight.webSocketUrl, testTokens.reader);
    const subscription = subscribe(client, 'subscription { alertRaised { id } }');
    await until(async () => /gateway_subscribers\{.*\} 1/.test(await tight.metrics.registry.metrics()));
    for (const id of ['a1', 'a2', 'a3']) tight.gateway.hub.announce({ id, severity: 5 });
    await subscription.received(3);
    const { body } = await tight.post({ query: '{ whoami }' }, { token: testTokens.reader });
    expect(body.errors?.[0]?.extensions['code']).toBe('RATE_LIMITED');
    await client.dispose();
  });

  it('ends the subscription of a key that was revoked, before it delivers anything more', async () => {
    const subscription = await open('subscription { alertRaised { id } }', testTokens.threats);
    const key = gateway.keys.get(testTokens.threats);
    if (key) key.revokedAt = new Date();
    gateway.gateway.hub.announce(high);
    await subscription.ended;
    expect(subscription.results).toMatchObject([{ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] }]);
    if (key) key.revokedAt = null;
    await subscription.close().catch(() => undefined);
  });

  it('ends the subscription of a key whose scopes were taken away', async () => {
    const subscription = await open('subscription { alertRaised { id } }', testTokens.threats);
    const key = gateway.keys.get(testTokens.threats);
    if (key) key.scopes = ['events:read'];
    gateway.gateway.hub.announce(high);
    await subscription.ended;
    expect(subscription.results).toMatchObject([{ errors: [{ extensions: { code: 'FORBIDDEN' } }] }]);
    if (key) key.scopes = ['threats:read'];
  });

  it.each([
    ['subscription { alertRaised { asset { name } } }', 'FORBIDDEN'],
    ['subscription { alertRaised @include(if: true) { id } }', 'BAD_USER_INPUT'],
    ['subscription { alertRaised { nothing } }', 'GRAPHQL_VALIDATION_FAILED'],
    ['subscription { alertRaised { ', 'GRAPHQL_PARSE_FAILED'],
  ])('refuses %s with %s', async (query, code) => {
    const client = createTestClient(gateway.webSocketUrl, testTokens.threats);
    const subscription = subscribe(client, query);
    const ended = (await subscription.ended) as { extensions: unknown }[] | undefined;
    const error = ended?.[0] ?? subscription.results[0]?.errors?.[0];
    expect(error).toMatchObject({ extensions: { code, requestId: expect.any(String) } });
    expect(JSON.stringify(error)).not.toContain('"http"');
    await client.dispose();
  });

  it('serves queries and mutations over the same socket', async () => {
    const client = createTestClient(gateway.webSocketUrl, testTokens.admin);
    const query = subscribe(client, '{ whoami }');
    await query.ended;
    expect(query.results).toEqual([
      { data: { whoami: expect.stringContaining('api_key:aaaaaaaaaaaaaaaa') } },
    ]);
    const mutation = subscribe(client, 'mutation { setTitle(id: "a3", title: "renamed") { title } }');
    await mutation.ended;
    expect(mutation.results).toEqual([{ data: { setTitle: { title: 'renamed' } } }]);
    await client.dispose();
  });
});

describe('alertRaised over server-sent events', () => {
  it('streams alerts until the reader goes', async () => {
    const before = await subscribers();
    const chunks: string[] = [];
    const call = request(gateway.url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'text/event-stream',
        authorization: `Bearer ${testTokens.reader}`,
      },
    });
    call.on('response', (response) => response.setEncoding('utf8').on('data', (chunk) => chunks.push(chunk)));
    call.on('error', () => undefined);
    call.end(JSON.stringify({ query: 'subscription { alertRaised { id } }' }));
    await until(async () => (await subscribers()) === before + 1);
    gateway.gateway.hub.announce(high);
    await until(() => chunks.join('').includes('{"data":{"alertRaised":{"id":"a2"}}}'));
    call.destroy();
    await until(async () => (await subscribers()) === before);
  });
});
