import { performance } from 'node:perf_hooks';
import { Agent, type Dispatcher, errors as undiciErrors } from 'undici';
import { z } from 'zod';
import type { SubgraphBreaker } from './subgraph-breaker.ts';
import { SubgraphFailure, type SubgraphFailureReason } from './subgraph-failure.ts';

const SubgraphError = z.object({
  message: z.string(),
  path: z.array(z.union([z.string(), z.number()])).optional(),
  extensions: z.record(z.string(), z.unknown()).optional(),
});

const SubgraphAnswer = z.object({
  data: z.record(z.string(), z.unknown()).nullish(),
  errors: z.array(SubgraphError).optional(),
});
export type SubgraphAnswer = z.infer<typeof SubgraphAnswer>;

export interface SubgraphRequest {
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>> | undefined;
  readonly operationName?: string | undefined;
  readonly kind: 'query' | 'mutation';
  readonly headers: Readonly<Record<string, string>>;
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
  /** Time (performance.now) at which the whole operation gives up. */
  readonly deadline: number;
}

export interface SubgraphClient {
  /** @throws SubgraphFailure; or the signal's reason when it aborted. */
  send(request: SubgraphRequest): Promise<SubgraphAnswer>;
}

export interface SubgraphClientOptions {
  readonly name: string;
  readonly url: string;
  readonly dispatcher: Dispatcher;
  readonly breaker: SubgraphBreaker;
  /** Milliseconds one fetch may take, whatever the operation still has. */
  readonly timeoutMs: number;
  readonly onDone?: (outcome: 'ok' | SubgraphFailureReason | 'cancelled', seconds: number) => void;
}

/** Read by @parapet/subgraph. */
const deadlineHeader = 'x-parapet-deadline-ms';

/** The pool all subgraph clients share: bounded in sockets and in the size of an answer. */
export function createSubgraphPool(options: { connectionsPerSubgraph: number }): Agent {
  return new Agent({
    connections: options.connectionsPerSubgraph,
    pipelining: 1,
    connectTimeout: 2_000,
    maxResponseSize: 64 * 1024 * 1024,
  });
}

/** Sends GraphQL requests to one subgraph with a deadline, one retry for queries, and a circuit breaker. */
export function createSubgraphClient(options: SubgraphClientOptions): SubgraphClient {
  const { name, breaker, onDone = () => undefined } = options;
  return {
    async send(request) {
      const started = performance.now();
      const seconds = () => (performance.now() - started) / 1000;
      try {
        // Outside of the breaker's sight: what cannot be sent says nothing about the subgraph.
        const body = toBody(request);
        const answer = await breaker.run(() => fetchOnce(options, request, body), {
          retryable: request.kind === 'query',
          isFailure: hasInternalError,
          signal: request.signal,
        });
        onDone('ok', seconds());
        return answer;
      } catch (error) {
        // The retry may give up with an error of its own when the caller went away while it waited.
        if (request.signal.aborted) {
          onDone('cancelled', seconds());
          throw request.signal.reason;
        }
        onDone(error instanceof SubgraphFailure ? error.reason : 'connection', seconds());
        if (error instanceof SubgraphFailure) throw error;
        throw new SubgraphFailure(name, 'connection', {
          detail: 'the request failed',
          retryable: false,
          cause: error,
        });
      }
    },
  };
}

async function fetchOnce(
  options: SubgraphClientOptions,
  request: SubgraphRequest,
  body: string,
): Promise<SubgraphAnswer> {
  const { name } = options;
  const remainingMs = Math.max(
    1,
    Math.floor(Math.min(options.timeoutMs, request.deadline - performance.now())),
  );
  // When the operation's own deadline comes first it ends this fetch by its signal, and the subgraph is not to blame.
  const timeout = options.timeoutMs <= remainingMs ? AbortSignal.timeout(remainingMs) : undefined;
  const reads = request.kind === 'query';
  try {
    const response = await options.dispatcher.request({
      origin: new URL(options.url).origin,
      path: new URL(options.url).pathname,
      method: 'POST',
      headers: {
        ...request.headers,
        'content-type': 'application/json',
        accept: 'application/json',
        [deadlineHeader]: String(remainingMs),
      },
      body,
      signal: timeout === undefined ? request.signal : AbortSignal.any([request.signal, timeout]),
    });
    if (response.statusCode >= 500) {
      await response.body.dump();
      throw new SubgraphFailure(name, 'status', {
        detail: `answered with HTTP status ${response.statusCode}`,
        retryable: reads && response.statusCode !== 500,
      });
    }
    return toAnswer(name, response.statusCode, await response.body.text());
  } catch (error) {
    request.signal.throwIfAborted();
    if (error instanceof SubgraphFailure) throw error;
    if (timeout?.aborted === true || error instanceof undiciErrors.ConnectTimeoutError) {
      throw new SubgraphFailure(name, 'timeout', {
        detail: `no answer within ${remainingMs} ms`,
        retryable: false,
        cause: error,
      });
    }
    throw new SubgraphFailure(name, 'connection', {
      detail: error instanceof Error ? error.message : String(error),
      retryable: reads,
      cause: error,
    });
  }
}

function toBody({ query, variables, operationName }: SubgraphRequest): string {
  return JSON.stringify({ query, variables, operationName });
}

function toAnswer(name: string, status: number, body: string): SubgraphAnswer {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch (cause) {
    throw malformed(name, `answered with HTTP status ${status} and a body that is not JSON`, cause);
  }
  const parsed = SubgraphAnswer.safeParse(json);
  if (!parsed.success)
    throw malformed(name, 'answered with JSON that is not a GraphQL response', parsed.error);
  if (parsed.data.data === undefined && parsed.data.errors === undefined) {
    throw malformed(name, `answered with HTTP status ${status} and neither data nor errors`, undefined);
  }
  return parsed.data;
}

function malformed(name: string, detail: string, cause: unknown): SubgraphFailure {
  return new SubgraphFailure(name, 'malformed', { detail, retryable: false, cause });
}

function hasInternalError(answer: SubgraphAnswer): boolean {
  return answer.errors?.some((error) => isInternalCode(error.extensions?.['code'])) ?? false;
}

function isInternalCode(code: unknown): boolean {
  return code === 'INTERNAL' || code === 'INTERNAL_SERVER_ERROR';
}
