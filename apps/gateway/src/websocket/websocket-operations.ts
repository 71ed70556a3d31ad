import type { IncomingMessage } from 'node:http';
import type { Logger } from '@parapet/service';
import {
  type ExecutionArgs,
  type ExecutionResult,
  type FormattedExecutionResult,
  GraphQLError,
  type GraphQLFormattedError,
  type OperationTypeNode,
} from 'graphql';
import type { Context, ServerOptions } from 'graphql-ws';
import type { WebSocket } from 'ws';
import { errorCode, gatewayError } from '../errors.ts';
import type { GatewayContext } from '../gateway-context.ts';
import type { Admitter } from '../identity/admission.ts';
import { TokenError } from '../identity/token-error.ts';
import { maskError, maskResult } from '../mask-result.ts';
import type { Admission } from '../operation-context.ts';
import type { GatewayTelemetry } from '../telemetry.ts';
import { type CloseReason, closeCodes } from './close-codes.ts';
import type { SocketPlace } from './socket-counts.ts';

/** What is known of one socket. */
export interface SocketExtra {
  readonly socket: WebSocket;
  readonly request: IncomingMessage;
  readonly remoteAddress: string;
  readonly place: SocketPlace;
  readonly operations: Map<string, RunningOperation>;
  /** Closes the socket for a reason of ours. */
  close(reason: CloseReason): void;
  admission?: Admission;
}

interface RunningOperation {
  readonly requestId: string;
  readonly startedAt: number;
  readonly disconnect: AbortController;
  type?: OperationTypeNode;
  measured?: boolean;
}

/** The pipeline of the HTTP side: see plugins.ts. */
export type Pipeline = (context: GatewayContext) => {
  readonly schema: ExecutionArgs['schema'];
  parse(text: string): ExecutionArgs['document'];
  validate(schema: ExecutionArgs['schema'], document: ExecutionArgs['document']): readonly GraphQLError[];
  contextFactory(): Promise<unknown> | unknown;
  execute(args: ExecutionArgs): unknown;
  subscribe(args: ExecutionArgs): unknown;
};

export interface WebSocketOperationsOptions {
  readonly pipeline: Pipeline;
  readonly admitter: Admitter;
  readonly telemetry: GatewayTelemetry;
  readonly log: Logger;
  readonly newRequestId: () => string;
  readonly maxSubscriptionsPerSocket: number;
}

type WsContext = Context<Record<string, unknown>, SocketExtra>;

/** How graphql-ws serves connections and operations: the same steps as over HTTP, with the socket's identity. */
export function createWebSocketOperations(
  options: WebSocketOperationsOptions,
): ServerOptions<Record<string, unknown>, SocketExtra> {
  const { pipeline, admitter, telemetry, log, newRequestId } = options;

  /** The socket's token is asked about anew for each operation, so a revoked one starts nothing more. */
  async function admit(extra: SocketExtra, requestId: string): Promise<Admission> {
    const { admission } = extra;
    if (admission === undefined) throw gatewayError('UNAUTHENTICATED', 'The connection is not initialised.');
    try {
      const current = { ...admission, requestId, principal: await admission.revalidate() };
      await admitter.spend(current, extra.remoteAddress);
      return current;
    } catch (error) {
      if (error instanceof GraphQLError) throw error;
      if (error instanceof TokenError) {
        extra.close({ ...closeCodes.unauthorized, reason: error.message } as CloseReason);
        throw gatewayError('UNAUTHENTICATED', error.message);
      }
      throw gatewayError('SERVICE_UNAVAILABLE', 'The token cannot be checked at the moment.', {
        ...(error instanceof Error && { originalError: error }),
      });
    }
  }

  function measure(
    extra: SocketExtra,
    id: string,
    result: { data?: unknown; errors?: readonly unknown[] },
  ): void {
    const operation = extra.operations.get(id);
    if (operation === undefined || operation.measured === true) return;
    operation.measured = true;
    const seconds = (performance.now() - operation.startedAt) / 1000;
    telemetry.operationDone({ type: operation.type, result, seconds });
  }

  function contextOf(extra: SocketExtra, id: string) {
    return { requestId: extra.operations.get(id)?.requestId ?? newRequestId(), log };
  }

  return {
    connectionInitWaitTimeout: 5_000,
    async onConnect(ctx: WsContext) {
      const { extra } = ctx;
      const refused = await connect(ctx, options);
      if (refused === undefined) return true;
      extra.close(refused);
      return false;
    },
    async onSubscribe(ctx: WsContext, id, payload) {
      const { extra } = ctx;
      const requestId = newRequestId();
      const operation: RunningOperation = {
        requestId,
        startedAt: performance.now(),
        disconnect: new AbortController(),
      };
      try {
        if (Object.keys(ctx.subscriptions).length > options.maxSubscriptionsPerSocket) {
          const message = `A socket may run ${options.maxSubscriptionsPerSocket} operations at a time.`;
          throw gatewayError('RATE_LIMITED', message, { retryAfterSeconds: 1 });
        }
        extra.operations.set(id, operation);
        const admission = await admit(extra, requestId);
        const context: GatewayContext = {
          req: extra.request,
          requestId,
          admission,
          params: toParams(payload),
          disconnected: operation.disconnect.signal,
          onSlowConsumer: () => extra.close(closeCodes.slowConsumer),
        };
        const enveloped = pipeline(context);
        const document = enveloped.parse(payload.query);
        if (context.operationType !== undefined) operation.type = context.operationType;
        const errors = enveloped.validate(enveloped.schema, document);
        if (errors.length > 0) return errors;
        return {
          schema: enveloped.schema,
          document,
          operationName: payload.operationName ?? null,
          variableValues: payload.variables ?? {},
          contextValue: await enveloped.contextFactory(),
          rootValue: enveloped,
        };
      } catch (error) {
        return [error instanceof GraphQLError ? error : maskError(error, { requestId, log })];
      }
    },
    execute: (args) => (args.rootValue as ReturnType<Pipeline>).execute(args) as Promise<ExecutionResult>,
    subscribe: (args) => (args.rootValue as ReturnType<Pipeline>).subscribe(args) as Promise<ExecutionResult>,
    onNext(ctx: WsContext, id, _payload, _args, result) {
      const masked = maskResult(result, contextOf(ctx.extra, id));
      measure(ctx.extra, id, masked);
      const { errors, ...rest } = masked;
      return { ...rest, ...(errors && { errors: errors.map(withoutHttp) }) } as FormattedExecutionResult;
    },
    onError(ctx: WsContext, id, _payload, errors) {
      const masked = errors.map((error) => maskError(error, contextOf(ctx.extra, id)));
      measure(ctx.extra, id, { errors: masked });
      return masked.map(withoutHttp);
    },
    onComplete(ctx: WsContext, id) {
      ctx.extra.operations.delete(id);
    },
    onClose(ctx: WsContext) {
      for (const { disconnect } of ctx.extra.operations.values()) disconnect.abort();
      ctx.extra.operations.clear();
    },
  };
}

/** Why the connection is refused, or undefined when it is not. */
async function connect(
  ctx: WsContext,
  { admitter, newRequestId, log, telemetry }: WebSocketOperationsOptions,
): Promise<CloseReason | undefined> {
  const { extra } = ctx;
  const params = ctx.connectionParams ?? {};
  const authorization =
    params['authorization'] ?? params['Authorization'] ?? extra.request.headers.authorization;
  try {
    const admission = await admitter.identify({
      requestId: newRequestId(),
      authorization,
      remoteAddress: extra.remoteAddress,
    });
    if (admission.principal === undefined) {
      return withReason(closeCodes.unauthorized, 'A token is needed: connectionParams.authorization');
    }
    if (!extra.place.claim(`${admission.principal.kind}:${admission.principal.subject}`)) {
      telemetry.socketClosed('too_many');
      return closeCodes.tooManySockets;
    }
    extra.admission = admission;
    return undefined;
  } catch (error) {
    const code = errorCode(error);
    const message = error instanceof Error ? error.message : String(error);
    if (code === 'UNAUTHENTICATED') {
      telemetry.socketClosed('token');
      return withReason(closeCodes.unauthorized, message);
    }
    if (code === 'RATE_LIMITED') return withReason(closeCodes.flood, message);
    if (code === 'SERVICE_UNAVAILABLE') return closeCodes.unavailable;
    log.error({ err: error }, 'a WebSocket could not be admitted');
    return closeCodes.internal;
  }
}

function withReason(close: CloseReason, reason: string): CloseReason {
  return { code: close.code, reason } as CloseReason;
}

function toParams(payload: {
  query: string;
  operationName?: string | null | undefined;
  variables?: Record<string, unknown> | null | undefined;
}): GatewayContext['params'] {
  return {
    query: payload.query,
    ...(payload.operationName != null && { operationName: payload.operationName }),
    ...(payload.variables != null && { variables: payload.variables }),
  };
}

/** `http` is meant for the HTTP transport. */
function withoutHttp(error: GraphQLError): GraphQLFormattedError {
  const { extensions = {}, ...rest } = error.toJSON();
  const { http: _, ...kept } = extensions;
  return { ...rest, extensions: kept };
}
