import { createLogger, createMetrics } from '@parapet/service';
import { type Identity, type Subgraph, startSubgraph, UserError } from '@parapet/subgraph';
import type { SubgraphSource } from '../compose.ts';

/** Key that the tests' gateway and subgraphs share. */
export const testSecret = Buffer.alloc(32, 7).toString('base64');

const link = (imports: string) =>
  `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: [${imports}])\n`;

const threatsSdl = `${link('"@key", "@requiresScopes", "@authenticated", "@policy"')}
  type Query {
    alert(id: ID!): Alert @requiresScopes(scopes: [["threats:read"]])
    alerts(first: Int = 50): AlertConnection! @requiresScopes(scopes: [["threats:read"]])
    findings: [Finding!]! @authenticated
    slow(ms: Int!): String
    broken: String
    refused: String
    echo(text: String!, times: Int = 1): String
    since(when: Moment): String
    secret: String @requiresScopes(scopes: [["events:read", "assets:read"], ["admin"]])
    audited: String @policy(policies: [["auditor"]])
    whoami: String!
  }
  type Mutation { setTitle(id: ID!, title: String!): Alert @requiresScopes(scopes: [["threats:write"]]) }
  type Subscription { alertRaised(minSeverity: Severity): Alert! @requiresScopes(scopes: [["threats:read"]]) }
  scalar Moment
  enum Severity { informational low medium high critical }
  interface Finding { id: ID! note: String }
  type Alert implements Finding @key(fields: "id") {
    id: ID!
    title: String!
    severity: Severity!
    asset: Asset
    note: String @requiresScopes(scopes: [["admin"]])
    related(first: Int): [Alert!]!
  }
  type Remark implements Finding { id: ID! note: String }
  type AlertConnection { nodes: [Alert!]! }
  type Asset @key(fields: "id") { id: ID! openAlertCount: Int! }
`;

const assetsSdl = `${link('"@key", "@requiresScopes"')}
  type Query { asset(id: ID!): Asset @requiresScopes(scopes: [["assets:read"]]) }
  type Asset @key(fields: "id") { id: ID! name: String @requiresScopes(scopes: [["assets:read"]]) }
`;

const eventsSdl = `${link('"@key", "@requiresScopes", "@external"')}
  type Query { events(first: Int = 50): EventConnection! @requiresScopes(scopes: [["events:read"]]) }
  type EventConnection { edges: [EventEdge!]! }
  type EventEdge { node: Event! }
  type Event @key(fields: "id") @requiresScopes(scopes: [["events:read"]]) { id: ID! source: String! }
  type Asset @key(fields: "id") { id: ID! events(first: Int = 50): EventConnection! @requiresScopes(scopes: [["events:read"]]) }
`;

export interface OfficeAlert {
  readonly id: string;
  title: string;
  readonly severity: 'informational' | 'low' | 'medium' | 'high' | 'critical';
  readonly assetId: string;
}

/** Three small subgraphs of an imagined office, served for real over HTTP, and what the tests may change and see in them. */
export interface OfficeSubgraphs extends AsyncDisposable {
  readonly sources: readonly SubgraphSource[];
  readonly alerts: Map<string, OfficeAlert>;
  /** Every identity the threats subgraph was called with, the latest last. */
  readonly identities: Identity[];
  /** How often each root field or entity was resolved. */
  readonly calls: Map<string, number>;
  /** Set to make `Query.slow` fields notice that nobody waits any more. */
  aborted: number;
  /** Takes the assets subgraph down. */
  stopAssets(): Promise<void>;
}

export async function startOfficeSubgraphs(): Promise<OfficeSubgraphs> {
  const alerts = new Map<string, OfficeAlert>(
    (['low', 'high', 'critical'] as const).map((severity, i) => [
      `a${i + 1}`,
      { id: `a${i + 1}`, title: `Alert ${i + 1}`, severity, assetId: `h${i + 1}` },
    ]),
  );
  const identities: Identity[] = [];
  const calls = new Map<string, number>();
  const count = (name: string) => calls.set(name, (calls.get(name) ?? 0) + 1);
  const state = { aborted: 0 };

  interface Scope {
    readonly identity: Identity;
    readonly signal: AbortSignal;
  }
  const start = (name: string, typeDefs: string, resolvers: Record<string, Record<string, unknown>>) =>
    startSubgraph<Scope>({
      name,
      typeDefs,
      resolvers: resolvers as Parameters<typeof startSubgraph>[0]['resolvers'],
      createContext(identity, { signal }) {
        if (name === 'threats') identities.push(identity);
        return { identity, signal };
      },
      secret: testSecret,
      host: '127.0.0.1',
      port: 0,
      log: createLogger({ service: name, level: 'silent' }),
      metrics: createMetrics(name),
    });

  const threats = await start('threats', threatsSdl, {
    Query: {
      alert: (_: unknown, { id }: { id: string }) => {
        count('alert');
        return alerts.get(id) ?? null;
      },
      alerts: (_: unknown, { first }: { first: number }) => ({ nodes: [...alerts.values()].slice(0, first) }),
      findings: () => [...alerts.values()],
      slow: (_: unknown, { ms }: { ms: number }, { signal }: Scope) => {
        count('slow');
        return new Promise((resolve) => {
          const timer = setTimeout(() => resolve('done'), ms);
          signal.addEventListener('abort', () => {
            clearTimeout(timer);
            state.aborted += 1;
            resolve('gone');
          });
        });
      },
      broken: () => {
        count('broken');
        throw new Error('postgresql://admin:hunter2@db/parapet refused');
      },
      refused: () => {
        throw new UserError('BAD_USER_INPUT', 'The text is not one we take.');
      },
      echo: (_: unknown, { text, times }: { text: string; times: number }) => text.repeat(times),
      since: (_: unknown, { when }: { when: unknown }) => JSON.stringify(when),
      secret: () => 'the safe is behind the painting',
      audited: () => 'audited',
      whoami: (_: unknown, __: unknown, { identity }: Scope) =>
        `${identity.kind}:${identity.subject} [${identity.scopes.join(' ')}]`,
    },
    Mutation: {
      setTitle: (_: unknown, { id, title }: { id: string; title: string }) => {
        count('setTitle');
        const alert = alerts.get(id);
        if (alert) alert.title = title;
        return alert ?? null;
      },
    },
    Finding: { __resolveType: () => 'Alert' },
    Alert: {
      __resolveReference: ({ id }: { id: string }) => alerts.get(id),
      asset: ({ assetId }: OfficeAlert) => ({ __typename: 'Asset', id: assetId }),
      note: () => 'for admins only',
      related: () => [...alerts.values()],
    },
    Asset: {
      openAlertCount: ({ id }: { id: string }) =>
        [...alerts.values()].filter(({ assetId }) => assetId === id).length,
    },
  });
  const assets = await start('assets', assetsSdl, {
    Query: { asset: (_: unknown, { id }: { id: string }) => ({ id }) },
    Asset: {
      __resolveReference: ({ id }: { id: string }) => {
        count('Asset');
        return { id };
      },
      name: ({ id }: { id: string }) => `host-${id}`,
    },
  });
  const events = await start('events', eventsSdl, {
    Query: { events: (_: unknown, { first }: { first: number }) => toEvents('all', first) },
    Event: { __resolveReference: ({ id }: { id: string }) => ({ id, source: 'zeek' }) },
    Asset: { events: ({ id }: { id: string }, { first }: { first: number }) => toEvents(id, first) },
  });

  let assetsRunning = true;
  const stop = (subgraph: Subgraph) => subgraph.stop(AbortSignal.timeout(500));
  const stopAssets = async () => {
    if (!assetsRunning) return;
    assetsRunning = false;
    await stop(assets);
  };
  return {
    sources: [
      { name: 'threats', url: threats.url, sdl: threatsSdl },
      { name: 'assets', url: assets.url, sdl: assetsSdl },
      { name: 'events', url: events.url, sdl: eventsSdl },
    ],
    alerts,
    identities,
    calls,
    get aborted() {
      return state.aborted;
    },
    set aborted(value) {
      state.aborted = value;
    },
    stopAssets,
    async [Symbol.asyncDispose]() {
      await Promise.all([stop(threats), stopAssets(), stop(events)]);
    },
  };
}

function toEvents(prefix: string, first: number) {
  const edges = Array.from({ length: Math.min(first, 2) }, (_, i) => ({
    node: { id: `${prefix}-e${i}`, source: 'zeek' },
  }));
  return { edges };
}
