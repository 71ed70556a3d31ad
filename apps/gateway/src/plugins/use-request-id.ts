import type { Plugin } from 'graphql-yoga';
import type { GatewayServerContext } from '../gateway-context.ts';
import { requestIdHeader, toRequestId } from '../request-id.ts';

/** Gives every HTTP request an id, the caller's own when it is sane, and sends it back. */
export function useRequestId(): Plugin<object, GatewayServerContext> {
  return {
    onRequest({ request, serverContext }) {
      serverContext.requestId = toRequestId(request.headers.get(requestIdHeader));
      serverContext.startedAt = performance.now();
    },
    onResponse({ response, serverContext }) {
      response.headers.set(requestIdHeader, serverContext.requestId ?? toRequestId(undefined));
    },
  };
}
