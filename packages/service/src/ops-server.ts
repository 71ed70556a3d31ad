import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Metrics } from './metrics.ts';

export interface OpsServer {
  /** `http://host:port` */
  readonly url: string;
  close(): Promise<void>;
}

export interface ProcessState {
  isStarted(): boolean;
  isStopping(): boolean;
  failingChecks(): Promise<string[]>;
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/**
 * Serves `/livez` (the process answers), `/startupz` (it has started), `/readyz` (it has started, is not stopping, and every check
 * passes; names the failing ones) and `/metrics` (Prometheus text).
 * @throws when the address cannot be listened on, with what to change.
 */
export async function startOpsServer(opts: {
  host: string;
  port: number;
  metrics: Metrics;
  state: ProcessState;
}): Promise<OpsServer> {
  const answers: Readonly<Record<string, () => Answer | Promise<Answer>>> = {
    '/livez': () => toJson(200, { status: 'ok' }),
    '/startupz': () =>
      opts.state.isStarted() ? toJson(200, { status: 'ok' }) : toJson(503, { status: 'starting' }),
    '/readyz': () => readiness(opts.state),
    '/metrics': async () => ({
      status: 200,
      type: opts.metrics.registry.contentType,
      body: await opts.metrics.page(),
    }),
  };
  const server = createServer(
    { maxHeaderSize: 8192, requestTimeout: 5000, headersTimeout: 5000, keepAliveTimeout: 5000 },
    (request, response) => {
      const path = (request.url ?? '').split('?', 1)[0] ?? '';
      const answer = Object.hasOwn(answers, path) ? answers[path] : undefined;
      if (request.method !== 'GET' && request.method !== 'HEAD') {
        return send(response.setHeader('allow', 'GET, HEAD'), toJson(405, { status: 'method not allowed' }));
      }
      if (!answer) return send(response, toJson(404, { status: 'not found' }));
      (async () => answer())().then(
        (found) => send(response, found),
        () => send(response, toJson(500, { status: 'error' })),
      );
    },
  );
  server.maxConnections = 100;
  await listen(server, opts.host, opts.port);
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${opts.host.includes(':') ? `[${opts.host}]` : opts.host}:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function readiness(state: ProcessState): Promise<Answer> {
  if (!state.isStarted()) return toJson(503, { status: 'starting' });
  if (state.isStopping()) return toJson(503, { status: 'stopping' });
  const failing = await state.failingChecks();
  return failing.length > 0 ? toJson(503, { status: 'failing', failing }) : toJson(200, { status: 'ok' });
}

function toJson(status: number, body: unknown): Answer {
  return { status, type: 'application/json; charset=utf-8', body: `${JSON.stringify(body)}\n` };
}

function send(response: ServerResponse, answer: Answer): void {
  response.writeHead(answer.status, {
    'content-type': answer.type,
    'content-length': Buffer.byteLength(answer.body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  response.end(answer.body);
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(toListenError(error, host, port)));
    server.listen(port, host, resolve);
  });
}

function toListenError(error: NodeJS.ErrnoException, host: string, port: number): Error {
  const hints: Readonly<Record<string, string>> = {
    EADDRINUSE: `Port ${port} on ${host} is in use: stop what uses it, or set OPS_PORT to another port (0 = any free one).`,
    EACCES: `This user may not listen on port ${port}: set OPS_PORT to a port above 1023 (0 = any free one).`,
    EADDRNOTAVAIL: `${host} is not an address of this machine: set OPS_HOST to one, e.g. 127.0.0.1.`,
  };
  return new Error(hints[error.code ?? ''] ?? `Cannot listen on ${host}:${port}: ${error.message}`, {
    cause: error,
  });
}
