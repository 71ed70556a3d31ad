import { EventEmitter, once } from 'node:events';
import { createServer } from 'node:http';
import { Writable } from 'node:stream';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ConfigError, readConfigured } from './config.ts';
import { lakeConfig } from './config-fragments.ts';
import type { Lifecycle } from './lifecycle.ts';
import { type HostProcess, runServiceIn, type ServiceOptions } from './run-service.ts';

type Shape = typeof lakeConfig;

function setUp(opts: Partial<ServiceOptions<Shape>> = {}, env: Record<string, string> = {}) {
  const events = new EventEmitter();
  const messages: { type: string; service: string; addresses: { ops: string; http?: string } }[] = [];
  const lines: { msg: string; level: string; err?: unknown }[] = [];
  const exits: number[] = [];
  let errors = '';
  const host: HostProcess = {
    env: { LAKE_DIR: '/lake', ...env },
    on: (event, listener) => events.on(event, listener),
    off: (event, listener) => events.off(event, listener),
    exit: (code) => void exits.push(code),
    connected: true,
    send: (message) => events.emit('sent', messages.push(message as (typeof messages)[0])),
    writeError: (text) => {
      errors += text;
    },
  };
  const stream = new Writable({
    write(chunk, _encoding, done) {
      lines.push(JSON.parse(String(chunk)));
      done();
    },
  });
  const ended = runServiceIn(
    {
      name: 'probe',
      config: lakeConfig,
      start: async () => ({ addresses: { http: 'http://here' } }),
      ...opts,
    },
    host,
    stream,
  );
  running.push({ events, ended });
  return { events, messages, lines, exits, ended, errors: () => errors };
}

const running: { events: EventEmitter; ended: Promise<void> }[] = [];

afterEach(async () => {
  for (const { events, ended } of running.splice(0)) {
    events.emit('SIGTERM', 'SIGTERM');
    await ended;
  }
});

const get = async (base: string, path: string, init: RequestInit = {}) => {
  const response = await fetch(base + path, init);
  return { status: response.status, body: await response.text() };
};

describe('runService', () => {
  it('ends with 78, its steps done, when the start finds that the configuration is wrong', async () => {
    const closed = vi.fn();
    const { ended, exits, lines } = setUp({
      async start({ lifecycle }) {
        lifecycle.onStop('close', 'thing', () => {
          closed();
          throw new Error('it does not close either');
        });
        await readConfigured(async () => {
          throw new Error('RISK_FILE /none: ENOENT');
        });
      },
    });
    await ended;
    expect(closed).toHaveBeenCalledTimes(1);
    expect(exits).toEqual([78]);
    expect(lines.find(({ level }) => level === 'fatal')?.err).toMatchObject({
      type: ConfigError.name,
      message: expect.stringContaining('RISK_FILE /none: ENOENT'),
    });
  });

  it('leaves SIGHUP to the service, which goes on', async () => {
    const reread = vi.fn();
    const { events, exits } = setUp({ start: async (_, { onHangup }) => onHangup(reread) });
    await once(events, 'sent');
    events.emit('SIGHUP', 'SIGHUP');
    expect(reread).toHaveBeenCalledTimes(1);
    expect(exits).toEqual([]);
  });

  it('starts with its configuration, tells its parent its addresses, and stops in order at SIGTERM', async () => {
    const stopped = vi.fn();
    const start = vi.fn(
      async ({ config, lifecycle }: { config: { LAKE_DIR: string }; lifecycle: Lifecycle }) => {
        lifecycle.onStop('close', 'lake', () => stopped(config.LAKE_DIR));
        return { addresses: { http: 'http://here' } };
      },
    );
    const { events, messages, exits, ended, lines } = setUp({ start });
    await once(events, 'sent');
    expect(messages).toEqual([
      {
        type: 'ready',
        service: 'probe',
        addresses: { http: 'http://here', ops: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/) },
      },
    ]);
    events.emit('SIGTERM', 'SIGTERM');
    await ended;
    expect(stopped).toHaveBeenCalledWith('/lake');
    expect(exits).toEqual([0]);
    expect(lines.at(-1)).toMatchObject({ msg: 'exit', code: 0 });
    expect(events.eventNames()).toEqual([]);
  });

  it('stops when its parent is gone', async () => {
    const { events, exits, ended } = setUp();
    await once(events, 'sent');
    events.emit('disconnect');
    await ended;
    expect(exits).toEqual([0]);
  });

  it('exits at once on a second signal', async () => {
    const release = Promise.withResolvers<void>();
    const { events, exits, ended } = setUp({
      start: async ({ lifecycle }) => lifecycle.onStop('drain', 'slow', () => release.promise),
    });
    await once(events, 'sent');
    events.emit('SIGINT', 'SIGINT');
    expect(exits).toEqual([]);
    events.emit('SIGINT', 'SIGINT');
    expect(exits).toEqual([130]);
    release.resolve();
    await ended;
  });

  it('prints every problem of its configuration and exits 78 before it starts anything', async () => {
    const start = vi.fn();
    const { exits, ended, errors } = setUp({ start }, { LAKE_DIR: '', OPS_PORT: 'x', LOG_LEVEL: 'loud' });
    await ended;
    expect(exits).toEqual([78]);
    expect(start).not.toHaveBeenCalled();
    expect(errors()).toMatch(/^probe: The configuration has 3 problem\(s\):\n/);
    for (const name of ['LAKE_DIR', 'OPS_PORT', 'LOG_LEVEL']) expect(errors()).toContain(`  - ${name} `);
  });

  it('closes what was opened and exits 1 when its start fails', async () => {
    const close = vi.fn();
    const { exits, ended, lines, messages } = setUp({
      start: async ({ lifecycle }) => {
        lifecycle.onStop('close', 'first', close);
        throw new Error('no Kafka');
      },
    });
    await ended;
    expect(exits).toEqual([1]);
    expect(close).toHaveBeenCalledTimes(1);
    expect(messages).toEqual([]);
    expect(lines[0]).toMatchObject({ level: 'fatal', err: { message: 'no Kafka' } });
  });

  it('waits for a start that is under way when it is told to stop, and closes what that opened', async () => {
    const opening = Promise.withResolvers<void>();
    const close = vi.fn();
    const begun = Promise.withResolvers<void>();
    const { events, exits, ended, messages } = setUp({
      start: async ({ lifecycle }) => {
        begun.resolve();
        await opening.promise;
        lifecycle.onStop('intake', 'late', close);
      },
    });
    await begun.promise;
    events.emit('SIGTERM', 'SIGTERM');
    opening.resolve();
    await ended;
    expect(close).toHaveBeenCalledTimes(1);
    expect(exits).toEqual([0]);
    expect(messages).toEqual([]);
  });

  it.each(['uncaughtException', 'unhandledRejection'])('exits 1 at once at an %s', async (event) => {
    const { events, exits, lines } = setUp();
    await once(events, 'sent');
    events.emit(event, new Error('nobody caught me'));
    expect(exits).toEqual([1]);
    expect(lines.at(-1)).toMatchObject({ level: 'fatal', err: { message: 'nobody caught me' } });
  });

  it('says which variable to change when its ops port is in use', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    const { exits, ended, lines } = setUp({}, { OPS_PORT: String(port) });
    await ended;
    other.close();
    expect(exits).toEqual([1]);
    expect(lines[0]?.err).toMatchObject({
      message: expect.stringContaining(`Port ${port} on 127.0.0.1 is in use`),
    });
    expect(JSON.stringify(lines[0])).toContain('set OPS_PORT to another port');
  });
});

describe('the ops endpoints', () => {
  it('tell a start under way from a process that is ready, and one that is not any more', async () => {
    const opening = Promise.withResolvers<void>();
    const check = vi.fn();
    const port = await freePort();
    const { events, lines, messages } = setUp(
      {
        start: async ({ lifecycle, log }) => {
          lifecycle.addCheck('database', check);
          log.info('starting');
          await opening.promise;
        },
      },
      { OPS_PORT: String(port) },
    );
    await vi.waitFor(() => expect(lines).toHaveLength(1));
    const base = `http://127.0.0.1:${port}`;
    expect(await get(base, '/livez')).toEqual({ status: 200, body: '{"status":"ok"}\n' });
    expect((await get(base, '/startupz')).status).toBe(503);
    expect(await get(base, '/readyz')).toEqual({ status: 503, body: '{"status":"starting"}\n' });
    opening.resolve();
    await once(events, 'sent');
    expect((await get(base, '/startupz')).status).toBe(200);
    expect(await get(base, '/readyz?verbose')).toEqual({ status: 200, body: '{"status":"ok"}\n' });
    check.mockRejectedValue(new Error('password of db.internal is wrong'));
    expect(await get(base, '/readyz')).toEqual({
      status: 503,
      body: '{"status":"failing","failing":["database"]}\n',
    });
    expect((await get(base, '/livez')).status).toBe(200);
    const metrics = await get(base, '/metrics');
    expect(metrics.status).toBe(200);
    expect(metrics.body).toContain('parapet_build_info');
    expect(messages[0]?.addresses.ops).toBe(base);
    expect((await get(base, '/')).status).toBe(404);
    expect((await get(base, '/constructor')).status).toBe(404);
    expect((await get(base, '/livez', { method: 'POST' })).status).toBe(405);
    expect((await get(base, '/livez', { headers: { 'x-long': 'x'.repeat(9000) } })).status).toBe(431);
  });

  it('answer until the last step of the stop has ended', async () => {
    const release = Promise.withResolvers<void>();
    const { events, messages, ended } = setUp({
      start: async ({ lifecycle }) => lifecycle.onStop('close', 'slow', () => release.promise),
    });
    await once(events, 'sent');
    const base = String(messages[0]?.addresses.ops);
    events.emit('SIGTERM', 'SIGTERM');
    expect(await get(base, '/readyz')).toEqual({ status: 503, body: '{"status":"stopping"}\n' });
    expect((await get(base, '/metrics')).status).toBe(200);
    release.resolve();
    await ended;
    await expect(fetch(`${base}/livez`)).rejects.toThrow();
  });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
