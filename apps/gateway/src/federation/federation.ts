import { ApolloGateway, type GraphQLDataSource } from '@apollo/gateway';
import { identityHeader, signIdentity } from '@parapet/subgraph/identity';
import { type DocumentNode, type GraphQLError, type GraphQLSchema, getOperationAST, print } from 'graphql';
import { gatewayError } from '../errors.ts';
import type { FetchContext } from '../operation-context.ts';
import type { SubgraphClient } from './subgraph-client.ts';
import { SubgraphFailure } from './subgraph-failure.ts';

/** The part of the operation context that the data sources read. */
export interface FederationContext {
  readonly fetch: FetchContext;
}

export interface FederationResult {
  readonly data?: Record<string, unknown> | null;
  readonly errors?: readonly GraphQLError[];
}

export interface Federation {
  readonly gateway: ApolloGateway;
  /** The schema callers see: without federation's own types and directives. */
  readonly schema: GraphQLSchema;
  /** Runs a valid query or mutation across the subgraphs, outside the pipeline that requests of callers go through. */
  execute(request: {
    document: DocumentNode;
    variables: Readonly<Record<string, unknown>>;
    fetch: FetchContext;
  }): Promise<FederationResult>;
  stop(): Promise<void>;
}

export interface FederationLog {
  debug(message?: string): void;
  info(message?: string): void;
  warn(message?: string): void;
  error(message?: string): void;
}

/**
 * Loads the supergraph into @apollo/gateway with data sources of our own.
 *
 * @param options.clientFor gives the client of a subgraph; called once a subgraph.
 */
export async function createFederation(options: {
  executionSdl: string;
  secret: string;
  log: FederationLog;
  clientFor(subgraph: { name: string; url: string }): SubgraphClient;
}): Promise<Federation> {
  // Its constructor starts to report to the vendor unless this is set.
  // biome-ignore lint/style/noProcessEnv: the only switch @apollo/gateway has for it
  process.env['APOLLO_TELEMETRY_DISABLED'] = '1';
  const gateway = new ApolloGateway({
    supergraphSdl: options.executionSdl,
    logger: options.log,
    // Off in every environment: by default any caller may ask for the query plan outside production.
    __exposeQueryPlanExperimental: false,
    buildService: ({ name, url }) =>
      createDataSource(name, options.clientFor({ name, url: url ?? '' }), options.secret),
  });
  const { schema, executor } = await gateway.load();
  return {
    gateway,
    schema,
    async execute({ document, variables, fetch }) {
      const operation = getOperationAST(document);
      if (operation == null) throw new Error('A federated document needs exactly one operation.');
      const source = print(document);
      const result = await executor({
        document,
        request: { query: source, variables: { ...variables } },
        operationName: null,
        // Keys the query plan, so it must be the whole text.
        queryHash: source,
        source,
        operation,
        schema,
        context: { fetch } satisfies FederationContext,
        logger: options.log,
        metrics: createFederationMetrics(),
        overallCachePolicy: neverCached,
        cache: noCache,
        // biome-ignore lint/suspicious/noExplicitAny: the executor reads only what is given here
      } as any);
      return result as FederationResult;
    },
    stop: () => gateway.stop(),
  };
}

/**
 * @apollo/gateway appends the path of every subgraph error to `metrics.nonFtv1ErrorPaths` for Apollo's usage reports. The
 * object lives as long as the process, so this one takes nothing in.
 */
export function createFederationMetrics(): Record<string, unknown> {
  return Object.defineProperty({}, 'nonFtv1ErrorPaths', { get: () => undefined, set: () => undefined });
}

const neverCached = { restrict: () => undefined, replace: () => undefined, policyIfCacheable: () => null };
const noCache = {
  get: () => Promise.resolve(undefined),
  set: () => Promise.resolve(),
  delete: () => Promise.resolve(),
};

function createDataSource(name: string, client: SubgraphClient, secret: string): GraphQLDataSource {
  // An operation that asks several subgraphs, or one several times, is signed for once.
  const signed = new WeakMap<FetchContext, Promise<string>>();
  const sign = (fetch: FetchContext) => {
    let token = signed.get(fetch);
    if (token === undefined) {
      token = signIdentity(toIdentity(fetch), secret);
      signed.set(fetch, token);
    }
    return token;
  };
  return {
    async process(options) {
      const { fetch } = options.context as FederationContext;
      const query = options.request.query ?? '';
      try {
        const answer = await client.send({
          query,
          variables: options.request.variables,
          operationName: options.request.operationName,
          kind: query.startsWith('mutation') ? 'mutation' : 'query',
          headers: { [identityHeader]: await sign(fetch), 'x-request-id': fetch.requestId },
          signal: fetch.signal,
          deadline: fetch.deadline,
        });
        return answer as Awaited<ReturnType<GraphQLDataSource['process']>>;
      } catch (error) {
        // Nobody waits any more: the error ends the plan, and is told only where the deadline has not said it better.
        if (fetch.signal.aborted) throw gatewayError('DEADLINE_EXCEEDED', 'The operation was given up.');
        if (!(error instanceof SubgraphFailure)) throw error;
        const path = 'pathInIncomingRequest' in options ? toErrorPath(options.pathInIncomingRequest) : [];
        throw gatewayError('SUBGRAPH_UNAVAILABLE', `The ${name} service cannot be reached at the moment.`, {
          ...(path.length > 0 && { path }),
          extensions: { service: name, reason: error.reason },
          originalError: error,
        });
      }
    },
  };
}

function toIdentity({ principal, requestId }: FetchContext) {
  return {
    subject: principal?.subject ?? 'anonymous',
    kind: principal?.kind ?? ('user' as const),
    scopes: principal?.scopes ?? [],
    requestId,
  };
}

/** `@` stands for every item of a list: the path of an error ends before it. */
function toErrorPath(path: readonly (string | number)[] | undefined): (string | number)[] {
  const items = path ?? [];
  const list = items.indexOf('@');
  return list === -1 ? [...items] : items.slice(0, list);
}
