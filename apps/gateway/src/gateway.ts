import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ApiKeyRecord } from '@parapet/database/api-keys';
import type { Logger } from '@parapet/service';
import { createYoga } from 'graphql-yoga';
import { splitSupergraph } from './access-rules.ts';
import { createDocumentCache } from './document-cache.ts';
import { createFederation, type FederationLog } from './federation/federation.ts';
import {
  type BreakerOptions,
  createSubgraphBreaker,
  defaultBreakerOptions,
} from './federation/subgraph-breaker.ts';
import { createSubgraphClient, createSubgraphPool } from './federation/subgraph-client.ts';
import type { GatewayServerContext } from './gateway-context.ts';
import { createAdmitter } from './identity/admission.ts';
import { createApiKeyVerifier } from './identity/api-key-verifier.ts';
import { createJwtVerifier, type JwtOptions } from './identity/jwt-verifier.ts';
import { createTokenCache, type TokenCacheOptions } from './identity/token-cache.ts';
import { defaultOperationBounds, type OperationBounds } from './operation-bounds.ts';
import { createPolicy } from './plugins.ts';
import { createMemoryRateLimiter } from './rate-limit/memory-rate-limiter.ts';
import type { BucketOptions } from './rate-limit/rate-limiter.ts';
import { remoteAddressOf } from './remote-address.ts';
import { toRequestId } from './request-id.ts';
import { type AlertHub, createAlertHub } from './subscriptions/alert-hub.ts';
import { createHydrateAlert } from './subscriptions/hydrate-alert.ts';
import type { GatewayTelemetry } from './telemetry.ts';
import { createSocketCounts, type SocketLimits } from './websocket/socket-counts.ts';
import { createWebSocketOperations, type Pipeline } from './websocket/websocket-operations.ts';
import { serveWebSockets } from './websocket/websocket-server.ts';

export interface GatewayOptions {
  readonly host: string;
  /** 0 = any free one. */
  readonly port: number;
  /** As composed from the subgraphs; its routing URLs are used. */
  readonly supergraphSdl: string;
  /** Shared with the subgraphs: identities are signed with it. */
  readonly secret: string;
  /** The API key of a token, also one that no longer holds. */
  readonly findApiKey: (token: string) => Promise<ApiKeyRecord | undefined>;
  /** Absent: no JWT is accepted. */
  readonly jwt?: JwtOptions;
  /** `development` turns on GraphiQL, introspection and suggestions. */
  readonly environment: 'production' | 'development';
  /** Origins whose pages may call; none by default. */
  readonly corsOrigins?: readonly string[];
  readonly trustedProxyHops?: number;
  readonly log: Logger;
  readonly telemetry: GatewayTelemetry;
  readonly limits?: Partial<GatewayLimits>;
  readonly tokenCache?: TokenCacheOptions;
  readonly breaker?: BreakerOptions;
}

export interface GatewayLimits extends SocketLimits {
  readonly operations: BucketOptions;
  readonly failedLogins: BucketOptions;
  readonly bounds: OperationBounds;
  readonly maxBodyBytes: number;
  readonly operationTimeoutMs: number;
  readonly subgraphTimeoutMs: number;
  readonly connectionsPerSubgraph: number;
  readonly socketMessages: BucketOptions;
  readonly maxSubscriptionsPerSocket: number;
  readonly maxSubscriptions: number;
  readonly maxSubscriptionsPerSubject: number;
  /** Alerts one subscriber may be behind before it is ended. */
  readonly maxQueuedAlerts: number;
  readonly pingIntervalMs: number;
  /** Milliseconds a stop waits for subscribers to take the alerts announced before it. */
  readonly settleTimeoutMs: number;
}

export const defaultGatewayLimits: GatewayLimits = {
  operations: { perSecond: 100, burst: 200 },
  failedLogins: { perSecond: 0.5, burst: 20 },
  bounds: defaultOperationBounds,
  maxBodyBytes: 256 * 1024,
  operationTimeoutMs: 15_000,
  subgraphTimeoutMs: 10_000,
  connectionsPerSubgraph: 64,
  socketMessages: { perSecond: 100, burst: 400 },
  maxSockets: 5_000,
  maxPendingPerAddress: 100,
  maxPerSubject: 200,
  maxSubscriptionsPerSocket: 50,
  maxSubscriptions: 20_000,
  maxSubscriptionsPerSubject: 2_000,
  maxQueuedAlerts: 256,
  pingIntervalMs: 15_000,
  settleTimeoutMs: 2_000,
};

export interface Gateway {
  readonly url: string;
  /** Takes the alerts that subscribers are to hear of. */
  readonly hub: AlertHub;
  /** Accepts no more connections. */
  stopIntake(): void;
  /** Ends subscriptions and sockets, and waits for the requests under way until `deadline`. */
  drain(deadline: AbortSignal): Promise<void>;
  /** Lets go of the connections to the subgraphs. */
  close(): Promise<void>;
}

/** Serves the supergraph over HTTP and WebSocket at /graphql. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { log, environment, telemetry } = options;
  const limits = { ...defaultGatewayLimits, ...options.limits };

  const { executionSdl, rules } = splitSupergraph(options.supergraphSdl);
  const pool = createSubgraphPool(limits);
  const federationLog = toFederationLog(log);
  const federation = await createFederation({
    executionSdl,
    secret: options.secret,
    log: federationLog,
    clientFor: ({ name, url }) => {
      const breaker = createSubgraphBreaker(name, options.breaker ?? defaultBreakerOptions, (state) => {
        telemetry.breakerChanged(name, state);
        log.warn({ subgraph: name, state }, 'the circuit to a subgraph changed');
      });
      const onDone = (outcome: Parameters<GatewayTelemetry['fetchDone']>[1], seconds: number) =>
        telemetry.fetchDone(name, outcome, seconds);
      const timeoutMs = limits.subgraphTimeoutMs;
      return createSubgraphClient({ name, url, dispatcher: pool, breaker, timeoutMs, onDone });
    },
  });
  const stopping = new AbortController();
  const newRequestId = () => toRequestId(undefined);
  const hub = createAlertHub({
    hydrate: createHydrateAlert({
      federation,
      timeoutMs: limits.operationTimeoutMs,
      newRequestId,
      signal: stopping.signal,
    }),
    telemetry,
    log,
    maxQueued: limits.maxQueuedAlerts,
    maxSubscribers: limits.maxSubscriptions,
    maxPerSubject: limits.maxSubscriptionsPerSubject,
  });
  const admitter = createGatewayAdmitter(options, limits, telemetry);
  const remoteAddress = (request: IncomingMessage) => remoteAddressOf(request, options.trustedProxyHops ?? 0);
  const origins = options.corsOrigins ?? [];
  const yoga = createYoga<GatewayServerContext>({
    graphqlEndpoint: '/graphql',
    landingPage: false,
    graphiql: environment === 'development',
    batching: false,
    multipart: false,
    maskedErrors: false,
    parserAndValidationCache: {
      documentCache: createDocumentCache({ maxCharacters: 2 ** 21, maxTextLength: 2 ** 14 }),
      errorCache: createDocumentCache({ maxCharacters: 2 ** 18, maxTextLength: 2 ** 14 }),
    },
    logging: toYogaLog(log),
    maxRequestBodySize: limits.maxBodyBytes,
    cors: origins.length > 0 && {
      origin: [...origins],
      methods: ['POST', 'GET', 'OPTIONS'],
      allowedHeaders: ['authorization', 'content-type', 'x-request-id'],
      exposedHeaders: ['x-request-id', 'retry-after'],
      credentials: false,
      maxAge: 600,
    },
    plugins: createPolicy({
      federation,
      federationLog,
      rules,
      admitter,
      remoteAddress: ({ req }) => remoteAddress(req),
      bounds: limits.bounds,
      introspection: environment === 'development',
      corsAllowed: origins.length > 0,
      timeoutMs: limits.operationTimeoutMs,
      hub,
      log,
      telemetry,
    }),
  });
  const server = createServer(
    { headersTimeout: 10_000, requestTimeout: 30_000, keepAliveTimeout: 65_000, maxHeaderSize: 16 * 1024 },
    (req, res) => void yoga(req, res, { req }),
  );
  const sockets = serveWebSockets({
    server,
    operations: createWebSocketOperations({
      pipeline: yoga.getEnveloped as unknown as Pipeline,
      admitter,
      telemetry,
      log,
      newRequestId,
      maxSubscriptionsPerSocket: limits.maxSubscriptionsPerSocket,
    }),
    counts: createSocketCounts(limits),
    telemetry,
    log,
    remoteAddress,
    isOriginAllowed: (origin, request) =>
      origins.includes(origin) || originHost(origin) === request.headers.host,
    maxMessageBytes: limits.maxBodyBytes,
    messages: limits.socketMessages,
    pingIntervalMs: limits.pingIntervalMs,
  });
  const url = await listen(server, options);
  const closed = new Promise<void>((resolve) => server.once('close', resolve));
  return {
    url,
    hub,
    stopIntake() {
      server.close();
    },
    async drain(deadline) {
      if (server.listening) server.close();
      // Sockets are closed before streams are ended: a client reconnects after 1001, but takes an ended stream for the end.
      await hub.settle(AbortSignal.any([deadline, AbortSignal.timeout(limits.settleTimeoutMs)]));
      await sockets.stop(deadline);
      hub.close();
      const cut = () => server.closeAllConnections();
      if (deadline.aborted) cut();
      deadline.addEventListener('abort', cut, { once: true });
      await closed;
    },
    async close() {
      stopping.abort();
      await federation.stop();
      await pool.destroy();
    },
  };
}

function createGatewayAdmitter(options: GatewayOptions, limits: GatewayLimits, telemetry: GatewayTelemetry) {
  const apiKeys = createTokenCache(createApiKeyVerifier(options.findApiKey), options.tokenCache);
  const jwts = options.jwt && createTokenCache(createJwtVerifier(options.jwt), options.tokenCache);
  return createAdmitter({
    verifierFor: (token) => (token.startsWith('ppt_') ? apiKeys : jwts),
    operations: createMemoryRateLimiter(limits.operations),
    failedLogins: createMemoryRateLimiter(limits.failedLogins),
    onRefused: telemetry.refused,
  });
}

async function listen(server: Server, { host, port }: { host: string; port: number }): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(toListenError(error, host, port)));
    server.listen(port, host, () => {
      server.removeAllListeners('error');
      resolve();
    });
  });
  const address = server.address() as AddressInfo;
  const shown = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return `http://${shown}:${address.port}/graphql`;
}

function toListenError(cause: NodeJS.ErrnoException, host: string, port: number): Error {
  const why =
    cause.code === 'EADDRINUSE'
      ? 'another program uses it. Stop that, or set HTTP_PORT to another port (0 = any free one)'
      : cause.code === 'EACCES'
        ? 'this user may not. Set HTTP_PORT to a port above 1023'
        : cause.code === 'EADDRNOTAVAIL' || cause.code === 'ENOTFOUND'
          ? 'this machine has no such address. Set HTTP_HOST to one it has'
          : cause.message;
  return new Error(`The gateway cannot listen on ${host}:${port}: ${why}.`, { cause });
}

function originHost(origin: string): string | undefined {
  try {
    return new URL(origin).host;
  } catch {
    return undefined;
  }
}

/** @apollo/gateway tells its life at info and repeats errors that reach the caller's answer anyway. */
function toFederationLog(log: Logger): FederationLog {
  const child = log.child({ component: 'federation' });
  return {
    debug: (message = '') => child.trace(message),
    info: (message = '') => child.debug(message),
    warn: (message = '') => child.warn(message),
    error: (message = '') => child.error(message),
  };
}

function toYogaLog(log: Logger) {
  const child = log.child({ component: 'yoga' });
  const write =
    (level: 'trace' | 'debug' | 'warn' | 'error') =>
    (...args: unknown[]): void => {
      const [first] = args;
      if (first instanceof Error) child[level]({ err: first }, 'graphql server');
      else child[level](String(first));
    };
  return { debug: write('trace'), info: write('debug'), warn: write('warn'), error: write('error') };
}
