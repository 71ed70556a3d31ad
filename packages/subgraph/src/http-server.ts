import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Logger, raceAbort } from '@parapet/service';
import { HttpError } from './http-error.ts';
import { type Identity, IdentityError, identityHeader, verifyIdentity } from './identity.ts';
import { readJsonBody } from './request-body.ts';
import { isStorable, isStorableDocument } from './storable-text.ts';

export interface HttpAnswer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** A request that has proven who it is from. */
export interface AcceptedRequest {
  readonly identity: Identity;
  readonly body: unknown;
  readonly headers: IncomingMessage['headers'];
  /** Aborted when the client goes away, its deadline is over, or the process stops. */
  readonly signal: AbortSignal;
  readonly log: Logger;
}

export interface HttpServer {
  readonly url: string;
  /** Takes no new requests and waits for those under way; what is not done when `deadline` aborts is cut off. */
  stop(deadline: AbortSignal): Promise<void>;
}

/** Milliseconds that the caller will wait for the answer. */
export const deadlineHeader = 'x-parapet-deadline-ms';

const maxBodyBytes = 1024 * 1024;
const defaultDeadlineMs = 30_000;
const maxDeadlineMs = 120_000;

/**
 * Serves `POST /graphql` to callers with a signed identity.
 * @throws when the address cannot be listened on, with what to change.
 */
export async function startHttpServer(opts: {
  host: string;
  port: number;
  secret: string;
  log: Logger;
  answer(request: AcceptedRequest): Promise<HttpAnswer>;
  onRefused(status: number): void;
}): Promise<HttpServer> {
  const { log, secret } = opts;
  const underWay = new Set<AbortController>();
  let stopping = false;

  const server = createServer(
    { maxHeaderSize: 16_384, headersTimeout: 10_000, requestTimeout: 30_000, keepAliveTimeout: 65_000 },
    (request, response) => {
      const aborter = new AbortController();
      underWay.add(aborter);
      response.on('close', () => {
        underWay.delete(aborter);
        if (!response.writableFinished) aborter.abort(new Error('The client went away.'));
      });
      if (stopping) response.setHeader('connection', 'close');
      respond(request, aborter.signal).then(
        (answer) => send(response, answer),
        (error: unknown) => sendError(response, error),
      );
    },
  );
  server.maxConnections = 1000;

  async function respond(request: IncomingMessage, gone: AbortSignal): Promise<HttpAnswer> {
    if ((request.url ?? '').split('?', 1)[0] !== '/graphql') {
      throw new HttpError(404, 'NOT_FOUND', 'The GraphQL endpoint is /graphql.');
    }
    if (request.method !== 'POST') throw new HttpError(405, 'BAD_REQUEST', 'Send GraphQL by POST.');
    const identity = await identify(request);
    const requestLog = log.child({ requestId: identity.requestId });
    const signal = AbortSignal.any([gone, AbortSignal.timeout(deadlineOf(request))]);
    const body = await raceAbort(readJsonBody(request, maxBodyBytes), signal);
    if (!isStorableRequest(body)) return unstorable;
    const work = opts.answer({ identity, body, headers: request.headers, signal, log: requestLog });
    return raceAbort(work, signal);
  }

  async function identify(request: IncomingMessage): Promise<Identity> {
    const token = request.headers[identityHeader];
    try {
      if (typeof token !== 'string') throw new IdentityError(`The header ${identityHeader} is missing.`);
      return await verifyIdentity(token, secret);
    } catch (error) {
      if (!(error instanceof IdentityError)) throw error;
      throw new HttpError(401, 'UNAUTHENTICATED', error.message, { cause: error });
    }
  }

  function sendError(response: ServerResponse, error: unknown): void {
    if (response.destroyed) return;
    const known = toHttpError(error);
    if (!known) log.error({ err: error }, 'a request could not be answered');
    const { status, code, message } =
      known ?? new HttpError(500, 'INTERNAL_SERVER_ERROR', 'Something went wrong here.');
    opts.onRefused(status);
    // The rest of the request is not read: the connection cannot serve another one.
    if (status === 413 || status === 415) response.setHeader('connection', 'close');
    send(response, {
      status,
      headers: new Map(status === 405 ? [['allow', 'POST']] : []),
      body: JSON.stringify({ errors: [{ message, extensions: { code } }] }),
    });
  }

  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(toListenError(error, opts)));
    server.listen(opts.port, opts.host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${opts.host.includes(':') ? `[${opts.host}]` : opts.host}:${port}/graphql`,
    async stop(deadline) {
      stopping = true;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      await raceAbort(closed, deadline).catch(() => {
        for (const aborter of underWay) aborter.abort(new Error('The process stops.'));
        server.closeAllConnections();
      });
    },
  };
}

/** What a request is answered with that no store could take: a fault of the caller's, told as one of GraphQL. */
const unstorable: HttpAnswer = {
  status: 200,
  headers: new Map(),
  body: JSON.stringify({
    data: null,
    errors: [
      {
        message: 'A text holds a NUL character or half of a surrogate pair. Leave such characters out.',
        extensions: { code: 'BAD_USER_INPUT' },
      },
    ],
  }),
};

function isStorableRequest(body: unknown): boolean {
  if (typeof body !== 'object' || body === null) return true;
  const { query, ...rest } = body as Record<string, unknown>;
  return (typeof query !== 'string' || isStorableDocument(query)) && isStorable(rest);
}

function deadlineOf(request: IncomingMessage): number {
  const given = Number(request.headers[deadlineHeader]);
  return Number.isFinite(given) && given > 0 ? Math.min(given, maxDeadlineMs) : defaultDeadlineMs;
}

function toHttpError(error: unknown): HttpError | undefined {
  if (error instanceof HttpError) return error;
  if (error instanceof DOMException && error.name === 'TimeoutError') {
    return new HttpError(504, 'DEADLINE_EXCEEDED', 'The answer was not ready within the request’s deadline.');
  }
  return undefined;
}

function send(response: ServerResponse, answer: HttpAnswer): void {
  if (response.destroyed) return;
  for (const [name, value] of answer.headers) response.setHeader(name, value);
  if (!answer.headers.has('content-type')) {
    response.setHeader('content-type', 'application/json; charset=utf-8');
  }
  response.writeHead(answer.status, {
    'content-length': Buffer.byteLength(answer.body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  response.end(answer.body);
}

function toListenError(error: NodeJS.ErrnoException, at: { host: string; port: number }): Error {
  const hints: Readonly<Record<string, string>> = {
    EADDRINUSE: `Port ${at.port} on ${at.host} is in use: stop what uses it, or set HTTP_PORT to another port (0 = any free one).`,
    EACCES: `This user may not listen on port ${at.port}: set HTTP_PORT to a port above 1023 (0 = any free one).`,
    EADDRNOTAVAIL: `${at.host} is not an address of this machine: set HTTP_HOST to one, e.g. 127.0.0.1.`,
  };
  return new Error(hints[error.code ?? ''] ?? `Cannot listen on ${at.host}:${at.port}: ${error.message}`, {
    cause: error,
  });
}
