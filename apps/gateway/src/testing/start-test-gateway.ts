import { PassThrough } from 'node:stream';
import type { ApiKeyRecord } from '@parapet/database/api-keys';
import { createLogger, createMetrics, type Metrics } from '@parapet/service';
import { composeSupergraph, type SubgraphSource } from '../compose.ts';
import { type Gateway, type GatewayLimits, type GatewayOptions, startGateway } from '../gateway.ts';
import { createGatewayTelemetry } from '../telemetry.ts';
import { testSecret } from './office-subgraphs.ts';

/** Keys by what they may do. The form is that of real ones. */
export const testTokens = {
  admin: `ppt_${'a'.repeat(16)}_${'A'.repeat(43)}`,
  threats: `ppt_${'b'.repeat(16)}_${'B'.repeat(43)}`,
  /** May read everything, change nothing. */
  reader: `ppt_${'c'.repeat(16)}_${'C'.repeat(43)}`,
  revoked: `ppt_${'d'.repeat(16)}_${'D'.repeat(43)}`,
  expired: `ppt_${'e'.repeat(16)}_${'E'.repeat(43)}`,
  unknown: `ppt_${'f'.repeat(16)}_${'F'.repeat(43)}`,
} as const;

type KeyStore = Map<string, ApiKeyRecord & { revokedAt: Date | null; scopes: readonly string[] }>;

export interface TestGateway extends AsyncDisposable {
  readonly gateway: Gateway;
  readonly url: string;
  readonly webSocketUrl: string;
  /** The keys behind `testTokens`; change them to revoke or extend one. */
  readonly keys: KeyStore;
  /** How often the keys were asked. */
  lookups(): number;
  readonly metrics: Metrics;
  /** Everything logged so far, as text. */
  logged(): string;
  post(
    body: unknown,
    options?: { token?: string; headers?: Record<string, string> },
  ): Promise<{ status: number; headers: Headers; body: GraphQLAnswer }>;
}

export interface GraphQLAnswer {
  readonly data?: Record<string, unknown> | null;
  readonly errors?: readonly {
    readonly message: string;
    readonly path?: readonly (string | number)[];
    readonly extensions: Readonly<Record<string, unknown>>;
  }[];
}

/** A gateway in this process with keys in memory; everything else as in production. */
export async function startTestGateway(
  sources: readonly SubgraphSource[],
  options: Omit<Partial<GatewayOptions>, 'limits'> & { limits?: Partial<GatewayLimits> } = {},
): Promise<TestGateway> {
  const keys = createKeys();
  let lookups = 0;
  const metrics = createMetrics('gateway');
  const logStream = new PassThrough();
  const lines: string[] = [];
  logStream.on('data', (chunk) => lines.push(String(chunk)));
  const gateway = await startGateway({
    host: '127.0.0.1',
    port: 0,
    supergraphSdl: composeSupergraph(sources).sdl,
    secret: testSecret,
    findApiKey: async (token) => {
      lookups += 1;
      return keys.get(token);
    },
    environment: 'production',
    log: createLogger({ service: 'gateway', level: 'debug', stream: logStream }),
    telemetry: createGatewayTelemetry(metrics),
    tokenCache: { positiveTtlMs: 0, negativeTtlMs: 0 },
    ...options,
  });
  return {
    gateway,
    url: gateway.url,
    webSocketUrl: gateway.url.replace('http', 'ws'),
    keys,
    lookups: () => lookups,
    metrics,
    logged: () => lines.join(''),
    async post(body, { token, headers = {} } = {}) {
      const response = await fetch(gateway.url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
          ...headers,
        },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      });
      const text = await response.text();
      return {
        status: response.status,
        headers: response.headers,
        body: text === '' ? {} : (JSON.parse(text) as GraphQLAnswer),
      };
    },
    async [Symbol.asyncDispose]() {
      await gateway.drain(AbortSignal.timeout(1_000));
      await gateway.close();
    },
  };
}

function createKeys(): KeyStore {
  const year = 365 * 86_400_000;
  const key = (token: string, scopes: string[], changes: Partial<ApiKeyRecord> = {}) =>
    [
      token,
      {
        id: token.slice(4, 20),
        name: 'test',
        scopes,
        createdAt: new Date(),
        expiresAt: new Date(Date.now() + year),
        revokedAt: null,
        ...changes,
      },
    ] as const;
  const all = ['events:read', 'assets:read', 'threats:read'];
  return new Map([
    key(testTokens.admin, ['admin']),
    key(testTokens.threats, ['threats:read']),
    key(testTokens.reader, all),
    key(testTokens.revoked, ['admin'], { revokedAt: new Date() }),
    key(testTokens.expired, ['admin'], { expiresAt: new Date(Date.now() - 1000) }),
  ]);
}
