import { AsyncLocalStorage } from 'node:async_hooks';
import { ApolloServer, type ApolloServerPlugin, HeaderMap } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import type { Logger, Metrics } from '@parapet/service';
import { type AcceptedRequest, type HttpAnswer, startHttpServer } from './http-server.ts';
import type { Identity } from './identity.ts';
import { isUserError, maskError } from './mask-error.ts';
import { maxDepth } from './max-depth.ts';
import { buildSchema, countedFields, type Resolvers, watchFields } from './subgraph-schema.ts';
import { createTelemetry, type OperationKind, type SubgraphTelemetry } from './telemetry.ts';

/** What a request brings beside its identity. */
export interface RequestScope {
  /** Aborted when nobody waits for the answer any more: give it to what can be cancelled. */
  readonly signal: AbortSignal;
  /** Carries the request id. */
  readonly log: Logger;
}

export interface SubgraphOptions<C> {
  readonly name: string;
  /** SDL with federation 2 directives; `@requiresScopes` in it is enforced here too. */
  readonly typeDefs: string;
  readonly resolvers: Resolvers;
  /** Makes the context of one request: stores, and loaders of its own. */
  createContext(identity: Identity, scope: RequestScope): C;
  /** The key that the gateway signs identities with; at least 32 bytes. */
  readonly secret: string;
  readonly host: string;
  /** 0 = any free one. */
  readonly port: number;
  readonly log: Logger;
  readonly metrics: Metrics;
}

export interface Subgraph {
  /** The GraphQL endpoint: `http://host:port/graphql`. */
  readonly url: string;
  /** Takes no new requests, waits for those under way until `deadline`, then cuts them off. */
  stop(deadline: AbortSignal): Promise<void>;
}

/** An operation of the gateway's planner stays far below both. */
const maxOperationDepth = 25;
const maxTokens = 10_000;

/**
 * Serves a subgraph to the gateway alone: a request without an identity that the gateway signed is answered 401 and nothing of it
 * runs, whatever it asks.
 * @throws when the address cannot be listened on, or SDL and resolvers do not fit together.
 */
export async function startSubgraph<C extends object>(opts: SubgraphOptions<C>): Promise<Subgraph> {
  const { log, metrics } = opts;
  const requests = new AsyncLocalStorage<AcceptedRequest>();
  const schema = buildSchema({
    typeDefs: opts.typeDefs,
    resolvers: opts.resolvers,
    // Not from the context: that is the subgraph's own, and Apollo hands resolvers a copy of it.
    identity: () => {
      const request = requests.getStore();
      if (!request) throw new Error('A resolver runs outside of any request.');
      return request.identity;
    },
  });
  const telemetry = createTelemetry(metrics, countedFields(schema));
  watchFields(schema, telemetry.fieldResolved);

  const apollo = new ApolloServer<object>({
    schema,
    introspection: false,
    persistedQueries: false,
    allowBatchedHttpRequests: false,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    nodeEnv: 'production',
    csrfPrevention: true,
    logger: log,
    parseOptions: { maxTokens },
    validationRules: [maxDepth(maxOperationDepth)],
    plugins: [
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginInlineTraceDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginSchemaReportingDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
      observeRequests(telemetry),
    ],
    formatError: (formatted, error) => {
      const request = requests.getStore();
      return maskError(formatted, error, {
        requestId: request?.identity.requestId ?? 'unknown',
        log: request?.log ?? log,
      });
    },
  });
  await apollo.start();

  async function answer(request: AcceptedRequest): Promise<HttpAnswer> {
    const headers = new HeaderMap();
    for (const [name, value] of Object.entries(request.headers)) {
      if (typeof value === 'string') headers.set(name, value);
    }
    const response = await requests.run(request, () =>
      apollo.executeHTTPGraphQLRequest({
        httpGraphQLRequest: { method: 'POST', headers, search: '', body: request.body },
        context: async () =>
          opts.createContext(request.identity, { signal: request.signal, log: request.log }),
      }),
    );
    if (response.body.kind !== 'complete') throw new Error('A subgraph answers in one piece.');
    return { status: response.status ?? 200, headers: response.headers, body: response.body.string };
  }

  const server = await startHttpServer({
    host: opts.host,
    port: opts.port,
    secret: opts.secret,
    log,
    answer,
    onRefused: telemetry.requestRefused,
  });
  log.info({ subgraph: opts.name, url: server.url }, 'subgraph listens');
  return {
    url: server.url,
    async stop(deadline) {
      await server.stop(deadline);
      await apollo.stop();
    },
  };
}

function observeRequests(telemetry: SubgraphTelemetry): ApolloServerPlugin<object> {
  return {
    async requestDidStart() {
      const startedAt = performance.now();
      return {
        async willSendResponse({ document, operation, errors = [] }) {
          const kind = document && operation ? kindOf(operation) : 'invalid';
          const outcome =
            errors.length === 0
              ? 'ok'
              : kind === 'invalid' || errors.every(isUserError)
                ? 'user_error'
                : 'fault';
          telemetry.requestAnswered(kind, outcome, (performance.now() - startedAt) / 1000);
        },
      };
    },
  };
}

function kindOf(operation: {
  operation: OperationKind & ('query' | 'mutation' | 'subscription');
  selectionSet: { selections: readonly { kind: string; name?: { value: string } }[] };
}): OperationKind {
  const first = operation.selectionSet.selections[0]?.name?.value;
  if (first === '_entities') return 'entities';
  if (first === '_service') return 'service';
  return operation.operation;
}
