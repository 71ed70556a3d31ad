import type { IncomingMessage } from 'node:http';
import type { OperationTypeNode } from 'graphql';
import type { FederationContext } from './federation/federation.ts';
import type { Admission } from './operation-context.ts';

/** What the transports put in before the pipeline starts, and what its first steps add. */
export interface GatewayServerContext {
  /** The HTTP request, or the upgrade request of the WebSocket. */
  req: IncomingMessage;
  requestId?: string;
  /** performance.now() when the request came in. */
  startedAt?: number;
  admission?: Admission;
  operationType?: OperationTypeNode;
}

/** The context of an operation that is about to be executed. */
export interface GatewayContext extends GatewayServerContext, Partial<FederationContext> {
  params: { query?: string; operationName?: string; variables?: Record<string, unknown> };
  /** HTTP only: its signal aborts when the caller has gone. */
  request?: Request;
  /** WebSocket only: aborts when the caller completes the operation or the socket closes. */
  disconnected?: AbortSignal;
  /** WebSocket only: what to do with a subscriber that reads slower than alerts come. */
  onSlowConsumer?: () => void;
  /** Variables as the schema's types want them. */
  coercedVariables?: Readonly<Record<string, unknown>>;
}

/** The admission that the pipeline's first step left in the context; everything after it relies on it. */
export function admissionOf(context: Pick<GatewayServerContext, 'admission'>): Admission {
  if (context.admission === undefined)
    throw new Error('The operation was not admitted before it was executed.');
  return context.admission;
}
