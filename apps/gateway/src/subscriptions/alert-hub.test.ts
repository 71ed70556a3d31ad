import { createLogger } from '@parapet/service';
import { getOperationAST, parse } from 'graphql';
import { describe, expect, it, vi } from 'vitest';
import type { FederationResult } from '../federation/federation.ts';
import type { Principal } from '../identity/principal.ts';
import { IdentityUnavailableError } from '../identity/token-error.ts';
import { type AlertHubOptions, createAlertHub } from './alert-hub.ts';
import { toHydrationQuery } from './hydration-query.ts';

const document = parse('subscription { alertRaised { id } }');
const operation = getOperationAST(document);
if (operation == null) throw new Error('no operation');
const query = toHydrationQuery(document, operation, {});
const ann: Principal = { subject: 'ann', kind: 'user', scopes: ['threats:read'] };

function start(overrides: Partial<AlertHubOptions> = {}) {
  const telemetry = { subscribers: vi.fn(), alert: vi.fn() };
  const hub = createAlertHub({
    hydrate: async (_, id): Promise<FederationResult> => ({ data: { alertRaised: { id } } }),
    telemetry,
    log: createLogger({ service: 'test', level: 'silent' }),
    maxQueued: 3,
    maxSubscribers: 5,
    maxPerSubject: 3,
    ...overrides,
  });
  const subscribe = (changes: Partial<Parameters<typeof hub.subscribe>[0]> = {}) =>
    hub.subscribe({ query, principal: ann, minSeverity: 1, revalidate: async () => ann, ...changes });
  return { hub, subscribe, telemetry };
}
const read = async (stream: AsyncIterableIterator<FederationResult>) => (await stream.next()).value;
const never = new AbortController().signal;

describe('alert hub', () => {
  it('delivers in the order of the announcements though hydrations overtake each other', async () => {
    const gates = new Map(['1', '2', '3'].map((id) => [id, Promise.withResolvers<void>()]));
    const { hub, subscribe } = start({
      hydrate: async (_, id) => {
        await gates.get(id)?.promise;
        return { data: { id } };
      },
    });
    const stream = subscribe();
    for (const id of gates.keys()) hub.announce({ id, severity: 3 });
    for (const id of ['3', '2', '1']) gates.get(id)?.resolve();
    expect([await read(stream), await read(stream), await read(stream)]).toEqual(
      ['1', '2', '3'].map((id) => ({ data: { id } })),
    );
  });

  it('ends a subscriber that does not read, tells it why, and keeps nothing for it', async () => {
    const onSlow = vi.fn();
    const { hub, subscribe, telemetry } = start();
    const stream = subscribe({ onSlow });
    for (let i = 0; i < 10; i += 1) hub.announce({ id: String(i), severity: 3 });
    await vi.waitFor(() => expect(onSlow).toHaveBeenCalledOnce());
    expect(await stream.next()).toEqual({ done: true, value: undefined });
    expect(telemetry.subscribers).toHaveBeenLastCalledWith(0);
  });

  it('ends a group whose alerts come faster than they can be resolved', async () => {
    const stuck = new Promise<undefined>(() => undefined);
    const onSlow = vi.fn();
    const { hub, subscribe } = start({ hydrate: () => stuck });
    subscribe({ onSlow });
    for (let i = 0; i < 1_100; i += 1) hub.announce({ id: String(i), severity: 3 });
    expect(onSlow).toHaveBeenCalledOnce();
  });

  it('bounds subscriptions by identity and in all', async () => {
    const { subscribe } = start();
    const first = subscribe();
    subscribe();
    subscribe();
    expect(() => subscribe()).toThrow(/Too many/);
    const bob = { ...ann, subject: 'bob' };
    subscribe({ principal: bob });
    subscribe({ principal: bob });
    expect(() => subscribe({ principal: { ...ann, subject: 'eve' } })).toThrow(/Too many/);
    await first.return?.();
    subscribe();
  });

  it('tells a subscriber whose token cannot be checked', async () => {
    const { hub, subscribe } = start();
    const stream = subscribe({
      revalidate: async () => {
        throw new IdentityUnavailableError('away');
      },
    });
    hub.announce({ id: '1', severity: 3 });
    expect(await read(stream)).toMatchObject({ errors: [{ extensions: { code: 'SERVICE_UNAVAILABLE' } }] });
    expect((await stream.next()).done).toBe(true);
  });

  it('tells subscribers when an alert cannot be resolved, and goes on', async () => {
    const { hub, subscribe, telemetry } = start({
      hydrate: async (_, id) => {
        if (id === '1') throw new Error('boom');
        return { data: { id } };
      },
    });
    const stream = subscribe();
    hub.announce({ id: '1', severity: 3 });
    hub.announce({ id: '2', severity: 3 });
    expect(await read(stream)).toMatchObject({ errors: [{ extensions: { code: 'INTERNAL_SERVER_ERROR' } }] });
    expect(await read(stream)).toEqual({ data: { id: '2' } });
    expect(telemetry.alert.mock.calls).toEqual(expect.arrayContaining([['failed'], ['delivered']]));
  });

  it('settles when readers have taken what was announced, but does not wait for ever', async () => {
    const { hub, subscribe } = start();
    const stream = subscribe();
    hub.announce({ id: '1', severity: 3 });
    let settled = false;
    const settling = hub.settle(never).then(() => {
      settled = true;
    });
    expect(await read(stream)).toEqual({ data: { alertRaised: { id: '1' } } });
    expect(settled).toBe(false);
    const next = stream.next();
    await settling;
    hub.close();
    expect((await next).done).toBe(true);

    const stuck = start({ hydrate: () => new Promise(() => undefined) });
    const other = stuck.subscribe();
    stuck.hub.announce({ id: '1', severity: 3 });
    await stuck.hub.settle(AbortSignal.abort());
    stuck.hub.close();
    expect((await other.next()).done).toBe(true);
  });
});
