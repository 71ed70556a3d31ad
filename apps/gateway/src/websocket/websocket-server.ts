import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Logger } from '@parapet/service';
import { handleProtocols, makeServer, type ServerOptions } from 'graphql-ws';
import { type WebSocket, WebSocketServer } from 'ws';
import type { BucketOptions } from '../rate-limit/rate-limiter.ts';
import type { GatewayTelemetry } from '../telemetry.ts';
import { type CloseReason, closeCodes } from './close-codes.ts';
import type { SocketCounts } from './socket-counts.ts';
import type { SocketExtra } from './websocket-operations.ts';

export interface GatewayWebSockets {
  /** Closes every socket with 1001 once what is being sent is sent; cuts those that do not close by the deadline. */
  stop(deadline: AbortSignal): Promise<void>;
}

export interface GatewayWebSocketOptions {
  readonly server: Server;
  readonly operations: ServerOptions<Record<string, unknown>, SocketExtra>;
  readonly counts: SocketCounts;
  readonly telemetry: Pick<GatewayTelemetry, 'socketsOpen' | 'socketClosed'>;
  readonly log: Logger;
  readonly remoteAddress: (request: IncomingMessage) => string;
  /** Whether a page of this origin may connect. Requests without an Origin come from programs and may. */
  readonly isOriginAllowed: (origin: string, request: IncomingMessage) => boolean;
  readonly maxMessageBytes: number;
  /** Messages a socket may send. */
  readonly messages: BucketOptions;
  /** Milliseconds between two pings; a socket that answers none in that time is cut. */
  readonly pingIntervalMs: number;
}

/** Milliseconds for the close handshake of a socket that we close for a fault of its own. */
const closeTimeoutMs = 2_000;

/** Serves graphql-transport-ws at /graphql of an HTTP server, within bounds that no client can make it exceed. */
export function serveWebSockets(options: GatewayWebSocketOptions): GatewayWebSockets {
  const { server, counts, telemetry, log } = options;
  const wss = new WebSocketServer({
    noServer: true,
    maxPayload: options.maxMessageBytes,
    // Compression costs memory for each socket, and a small message can be made to inflate.
    perMessageDeflate: false,
    handleProtocols,
    clientTracking: true,
  });
  const protocol = makeServer(options.operations);
  const alive = new WeakMap<WebSocket, boolean>();
  const extras = new WeakMap<WebSocket, SocketExtra>();
  let stopping = false;

  server.on('upgrade', onUpgrade);
  function onUpgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    const ignore = () => undefined;
    stream.on('error', ignore);
    if (new URL(request.url ?? '/', 'http://localhost').pathname !== '/graphql') {
      refuse(stream, '404 Not Found');
      return;
    }
    const { origin } = request.headers;
    if (origin !== undefined && !options.isOriginAllowed(origin, request)) {
      refuse(stream, '403 Forbidden');
      return;
    }
    const remoteAddress = options.remoteAddress(request);
    const place = stopping ? undefined : counts.open(remoteAddress);
    if (place === undefined) {
      telemetry.socketClosed('too_many');
      refuse(stream, '503 Service Unavailable');
      return;
    }
    stream.once('close', () => {
      place.release();
      telemetry.socketsOpen(counts.size);
    });
    wss.handleUpgrade(request, stream, head, (socket) => {
      telemetry.socketsOpen(counts.size);
      open(socket, { request, remoteAddress, place });
    });
  }

  function open(socket: WebSocket, known: Pick<SocketExtra, 'request' | 'remoteAddress' | 'place'>): void {
    const extra: SocketExtra = {
      ...known,
      socket,
      operations: new Map(),
      close: (reason) => closeSoon(socket, reason, telemetry),
    };
    alive.set(socket, true);
    extras.set(socket, extra);
    const allow = createMessageAllowance(options.messages);
    // Frames too large, text that is not UTF-8 and the like: ws closes the socket with the code that says so.
    socket.on('error', (err) => log.debug({ err }, 'a WebSocket client broke the protocol'));
    socket.on('pong', () => alive.set(socket, true));
    const closed = protocol.opened(
      {
        protocol: socket.protocol,
        send: (text) =>
          new Promise((resolve) => {
            // Resolves when the text has left for the kernel: a client that does not read holds up its own subscriptions only.
            // A socket that fails is closed by ws, which ends its operations.
            if (socket.readyState !== socket.OPEN) resolve();
            else socket.send(text, () => resolve());
          }),
        close: (code, reason) => socket.close(code, reason),
        onMessage: (handle) => {
          socket.on('message', (data, isBinary) => {
            if (!allow()) {
              extra.close(closeCodes.flood);
              return;
            }
            if (socket.readyState !== socket.OPEN) return;
            if (isBinary) {
              socket.close(4400, 'Invalid message received');
              return;
            }
            handle(String(data)).catch((err: unknown) => {
              log.error({ err }, 'a WebSocket message could not be handled');
              extra.close(closeCodes.internal);
            });
          });
        },
      },
      extra,
    );
    socket.once('close', (code, reason) => {
      closed(code, String(reason)).catch((err: unknown) => {
        log.error({ err }, 'a closed WebSocket could not be cleaned up');
      });
    });
  }

  const pings = setInterval(() => {
    for (const socket of wss.clients) {
      if (alive.get(socket) === false) {
        telemetry.socketClosed('dead');
        socket.terminate();
        continue;
      }
      const expiresAt = extras.get(socket)?.admission?.principal?.expiresAt;
      if (expiresAt !== undefined && expiresAt <= Date.now()) {
        closeSoon(socket, closeCodes.expired, telemetry);
        continue;
      }
      alive.set(socket, false);
      socket.ping();
    }
  }, options.pingIntervalMs);
  pings.unref();

  return {
    async stop(deadline) {
      stopping = true;
      clearInterval(pings);
      server.off('upgrade', onUpgrade);
      const closings = [...wss.clients].map(
        (socket) =>
          new Promise<void>((resolve) => {
            socket.once('close', () => resolve());
            socket.close(closeCodes.goingAway.code, closeCodes.goingAway.reason);
            const cut = () => socket.terminate();
            if (deadline.aborted) cut();
            else deadline.addEventListener('abort', cut, { once: true });
            setTimeout(cut, closeTimeoutMs).unref();
          }),
      );
      await Promise.all(closings);
      wss.close();
    },
  };
}

function refuse(stream: Duplex, status: string): void {
  stream.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () => stream.destroy());
}

/** A client that does not read may not read the close frame either. */
function closeSoon(
  socket: WebSocket,
  { code, reason }: CloseReason,
  telemetry: Pick<GatewayTelemetry, 'socketClosed'>,
): void {
  if (socket.readyState !== socket.OPEN) return;
  if (code === closeCodes.slowConsumer.code) telemetry.socketClosed('slow_consumer');
  if (code === closeCodes.flood.code) telemetry.socketClosed('flood');
  if (code === closeCodes.expired.code) telemetry.socketClosed('token');
  // A close frame holds at most 123 bytes of reason.
  socket.close(
    code,
    Buffer.from(reason)
      .subarray(0, 123)
      .toString('utf8')
      .replace(/\uFFFD+$/, ''),
  );
  setTimeout(() => socket.terminate(), closeTimeoutMs).unref();
}

function createMessageAllowance({ perSecond, burst }: BucketOptions): () => boolean {
  let tokens = burst;
  let at = performance.now();
  return () => {
    const now = performance.now();
    tokens = Math.min(burst, tokens + ((now - at) / 1000) * perSecond);
    at = now;
    tokens -= 1;
    return tokens >= 0;
  };
}
