import { once } from 'node:events';
import { connect } from 'node:net';
import { closeCodes } from '@parapet/gateway';
import {
  createTestClient,
  startOfficeSubgraphs,
  startTestGateway,
  subscribe,
  type TestGateway,
  testTokens,
  until,
} from '@parapet/gateway/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';

let office: Awaited<ReturnType<typeof startOfficeSubgraphs>>;
let gateway: TestGateway;
const protocol = 'graphql-transport-ws';
const token = testTokens.reader;

beforeAll(async () => {
  office = await startOfficeSubgraphs();
  gateway = await startTestGateway(office.sources, {
    limits: { maxSubscriptionsPerSocket: 20, maxPerSubject: 30, maxPendingPerAddress: 10 },
  });
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await office[Symbol.asyncDispose]();
});

interface Frame {
  readonly type: string;
  readonly id?: string;
  readonly payload?: unknown;
}

/** A socket that speaks the protocol by hand, as badly as the test wants. */
async function open(url = gateway.webSocketUrl, options: { protocol?: string; origin?: string } = {}) {
  const socket = new WebSocket(url, options.protocol ?? protocol, {
    ...(options.origin !== undefined && { origin: options.origin }),
  });
  const frames: Frame[] = [];
  socket.on('message', (data) => frames.push(JSON.parse(String(data)) as Frame));
  const closed = new Promise<{ code: number; reason: string }>((resolve) =>
    socket.once('close', (code, reason) => resolve({ code, reason: String(reason) })),
  );
  socket.on('error', () => undefined);
  await Promise.race([once(socket, 'open'), closed]);
  const send = (frame: unknown) => socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
  return { socket, frames, closed, send };
}
const init = (with_ = token) => ({ type: 'connection_init', payload: { authorization: `Bearer ${with_}` } });
async function openReady(url?: string) {
  const connection = await open(url);
  connection.send(init());
  await until(() => connection.frames.some(({ type }) => type === 'connection_ack'));
  return connection;
}
const socketsOpen = async (of = gateway) => {
  const text = await of.metrics.registry.getSingleMetricAsString('parapet_gateway_websockets');
  return Number(/\} (\d+)/.exec(text)?.[1] ?? 0);
};

describe('a WebSocket', () => {
  it('that never says who it is is closed', { timeout: 15_000 }, async () => {
    const { closed } = await open();
    expect(await closed).toMatchObject({ code: 4408 });
  });

  it.each<[string, unknown, number]>([
    ['no token', { type: 'connection_init' }, 4401],
    ['an unknown token', init(testTokens.unknown), 4401],
    ['a revoked token', init(testTokens.revoked), 4401],
    ['a token that is not text', { type: 'connection_init', payload: { authorization: { $gt: '' } } }, 4401],
  ])('with %s is closed', async (_, frame, code) => {
    const { send, closed } = await open();
    send(frame);
    expect(await closed).toMatchObject({ code });
  });

  it.each<[string, unknown, number]>([
    [
      'an operation before it says who it is',
      { id: '1', type: 'subscribe', payload: { query: '{ whoami }' } },
      4401,
    ],
    ['something that is not JSON', '{{{', 4400],
    ['a message of a type that does not exist', { type: 'drop_tables' }, 4400],
    ['a message without what it needs', { type: 'subscribe', payload: {} }, 4400],
  ])('that sends %s is closed', async (_, frame, code) => {
    const { send, closed } = await open();
    send(frame);
    expect(await closed).toMatchObject({ code });
  });

  it('that says who it is twice is closed', async () => {
    const { send, closed } = await openReady();
    send(init());
    expect(await closed).toMatchObject({ code: 4429 });
  });

  it('that uses an id twice is closed', async () => {
    const { send, closed } = await openReady();
    for (let i = 0; i < 2; i += 1) {
      send({ id: 'same', type: 'subscribe', payload: { query: 'subscription { alertRaised { id } }' } });
    }
    expect(await closed).toMatchObject({ code: 4409 });
  });

  it('of another protocol is closed', async () => {
    const socket = new WebSocket(gateway.webSocketUrl, 'graphql-ws');
    const failed = new Promise((resolve) => {
      socket.once('error', resolve);
      socket.once('close', resolve);
    });
    await failed;
    expect(socket.readyState).not.toBe(WebSocket.OPEN);
  });

  it('that sends a message beyond the limit is closed before the message is read', async () => {
    const { send, closed } = await openReady();
    send({ id: '1', type: 'subscribe', payload: { query: `{ whoami } # ${'x'.repeat(1024 * 1024)}` } });
    expect(await closed).toMatchObject({ code: 1009 });
  });

  it('that sends binary frames is closed', async () => {
    const { socket, closed } = await openReady();
    socket.send(Buffer.from([1, 2, 3]), { binary: true });
    expect(await closed).toMatchObject({ code: 4400 });
  });

  it('that sends more messages than it may is closed', async () => {
    const { socket, closed } = await openReady();
    for (let i = 0; i < 2_000 && socket.readyState === socket.OPEN; i += 1) {
      socket.send(JSON.stringify({ type: 'ping' }));
    }
    expect(await closed).toMatchObject({ code: closeCodes.flood.code });
  });

  it('may run only so many of 1000 subscriptions, and is told about the others', async () => {
    await using roomy = await startTestGateway(office.sources, {
      limits: {
        maxSubscriptionsPerSocket: 20,
        socketMessages: { perSecond: 10_000, burst: 10_000 },
        operations: { perSecond: 10_000, burst: 10_000 },
      },
    });
    const { send, frames, socket } = await openReady(roomy.webSocketUrl);
    for (let i = 0; i < 1_000; i += 1) {
      send({ id: `s${i}`, type: 'subscribe', payload: { query: 'subscription { alertRaised { id } }' } });
    }
    await until(() => frames.filter(({ type }) => type === 'error').length === 980, 15_000);
    expect(frames.find(({ type }) => type === 'error')?.payload).toMatchObject([
      { extensions: { code: 'RATE_LIMITED' } },
    ]);
    expect(await roomy.metrics.registry.metrics()).toMatch(/gateway_subscribers\{.*\} 20\n/);
    socket.terminate();
    await until(async () => /gateway_subscribers\{.*\} 0\n/.test(await roomy.metrics.registry.metrics()));
  });

  it('spends the rate of its identity with every operation', async () => {
    await using tight = await startTestGateway(office.sources, {
      limits: { operations: { perSecond: 0.001, burst: 2 } },
    });
    const { send, frames } = await openReady(tight.webSocketUrl);
    for (const id of ['1', '2', '3']) send({ id, type: 'subscribe', payload: { query: '{ whoami }' } });
    await until(() => frames.some(({ type, id }) => type === 'error' && id === '3'));
    await until(() => frames.filter(({ type }) => type === 'next').length === 2);
  });

  it('starts nothing more once its key is revoked', async () => {
    const connection = await open();
    connection.send(init(testTokens.threats));
    await until(() => connection.frames.length === 1);
    const key = gateway.keys.get(testTokens.threats);
    if (key) key.revokedAt = new Date();
    connection.send({ id: '1', type: 'subscribe', payload: { query: '{ whoami }' } });
    expect(await connection.closed).toMatchObject({ code: 4401 });
    if (key) key.revokedAt = null;
  });

  it('is closed when its token expires, also while nothing happens', async () => {
    await using watching = await startTestGateway(office.sources, { limits: { pingIntervalMs: 50 } });
    const key = watching.keys.get(token);
    if (key) watching.keys.set(token, { ...key, expiresAt: new Date(Date.now() + 400) });
    const { closed } = await openReady(watching.webSocketUrl);
    expect(await closed).toMatchObject({ code: closeCodes.expired.code });
  });

  it('from a page of another origin is refused', async () => {
    const { closed } = await open(gateway.webSocketUrl, { origin: 'https://evil.example' });
    expect(await closed).toMatchObject({ code: 1006 });
    const same = await open(gateway.webSocketUrl, { origin: new URL(gateway.url).origin });
    expect(same.socket.readyState).toBe(WebSocket.OPEN);
    same.socket.terminate();
  });

  it('gets the same bounds and masks as HTTP', async () => {
    const { send, frames, socket } = await openReady();
    const operations = {
      deep: `{ alert(id: "a1") { ${'related(first: 1) { '.repeat(30)} id ${'}'.repeat(30)} } }`,
      introspection: '{ __schema { types { name } } }',
      broken: '{ broken }',
      unnamed: 'query A { whoami } query B { whoami }',
    };
    for (const [id, query] of Object.entries(operations)) send({ id, type: 'subscribe', payload: { query } });
    const codes = () =>
      Object.fromEntries(
        frames.flatMap(({ id, type, payload }) => {
          const errors = type === 'error' ? payload : (payload as { errors?: unknown } | undefined)?.errors;
          const [first] = (errors ?? []) as { extensions: { code: string } }[];
          return id !== undefined && first ? [[id, first.extensions.code]] : [];
        }),
      );
    await until(() => Object.keys(codes()).length === 4);
    expect(codes()).toEqual({
      deep: 'OPERATION_TOO_COMPLEX',
      introspection: 'INTROSPECTION_DISABLED',
      broken: 'INTERNAL_SERVER_ERROR',
      unnamed: 'OPERATION_RESOLUTION_FAILURE',
    });
    expect(JSON.stringify(frames)).not.toContain('hunter2');
    socket.terminate();
  });
});

describe('WebSockets in numbers', () => {
  it('are bounded by address until they say who they are, and by identity after', async () => {
    await until(async () => (await socketsOpen()) === 0);
    const pending = await Promise.all(Array.from({ length: 14 }, () => open()));
    expect(pending.filter(({ socket }) => socket.readyState === WebSocket.OPEN)).toHaveLength(10);
    for (const { socket } of pending) socket.terminate();
    await until(async () => (await socketsOpen()) === 0);
    const known = [];
    for (let i = 0; i < 30; i += 1) known.push(await openReady());
    const { send, closed } = await open();
    send(init());
    expect(await closed).toMatchObject({ code: closeCodes.tooManySockets.code });
    for (const { socket } of known) socket.terminate();
    await until(async () => (await socketsOpen()) === 0);
  });

  it('that died without a word are found out by ping', async () => {
    await using watching = await startTestGateway(office.sources, { limits: { pingIntervalMs: 50 } });
    const { hostname, port, host } = new URL(watching.url);
    // A peer that reads everything and answers no ping.
    const peer = connect(Number(port), hostname);
    peer.write(
      `GET /graphql HTTP/1.1\r\nHost: ${host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: ${protocol}\r\n\r\n`,
    );
    peer.resume();
    peer.on('error', () => undefined);
    await once(peer, 'close');
    expect(await watching.metrics.registry.metrics()).toMatch(/closed_total\{reason="dead".*\} 1/);
  });

  it('whose client stops reading are closed as slow, and the others go on', async () => {
    await using busy = await startTestGateway(office.sources, { limits: { maxQueuedAlerts: 4 } });
    // About 2 MB an alert fills the buffers of the kernel soon.
    const alert = office.alerts.get('a1');
    if (alert) alert.title = 'x'.repeat(2_000_000);
    const client = createTestClient(busy.webSocketUrl, token);
    const quick = subscribe(client, 'subscription { alertRaised { id } }');
    const slow = await openReady(busy.webSocketUrl);
    slow.send({ id: '1', type: 'subscribe', payload: { query: 'subscription { alertRaised { title } }' } });
    await until(async () => /gateway_subscribers\{.*\} 2\n/.test(await busy.metrics.registry.metrics()));
    slow.socket.pause();
    let announced = 0;
    await until(async () => {
      busy.gateway.hub.announce({ id: 'a1', severity: 5 });
      announced += 1;
      await quick.received(announced);
      return /closed_total\{reason="slow_consumer".*\} 1/.test(await busy.metrics.registry.metrics());
    }, 30_000);
    await until(async () => /gateway_subscribers\{.*\} 1\n/.test(await busy.metrics.registry.metrics()));
    busy.gateway.hub.announce({ id: 'a2', severity: 5 });
    await quick.received(announced + 1);
    if (alert) alert.title = 'Alert 1';
    slow.socket.terminate();
    await client.dispose();
  });

  it('are all closed with 1001 when the gateway stops, after what was announced is delivered', async () => {
    const stopping = await startTestGateway(office.sources);
    const client = createTestClient(stopping.webSocketUrl, token);
    const subscription = subscribe(client, 'subscription { alertRaised { id } }');
    const idle = await openReady(stopping.webSocketUrl);
    await until(async () => /gateway_subscribers\{.*\} 1\n/.test(await stopping.metrics.registry.metrics()));
    for (const id of ['a1', 'a2', 'a3']) stopping.gateway.hub.announce({ id, severity: 5 });
    await stopping[Symbol.asyncDispose]();
    expect(subscription.results).toHaveLength(3);
    expect(await idle.closed).toEqual({ code: 1001, reason: 'Going away' });
    await expect(fetch(stopping.url)).rejects.toThrow();
  });
});
