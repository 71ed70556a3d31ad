import { GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { GatewayServerContext } from '../gateway-context.ts';
import type { Admitter } from '../identity/admission.ts';
import { toRequestId } from '../request-id.ts';

/**
 * Identity and rate of a request that came over HTTP, before its operation is parsed. The WebSocket server does the same with
 * each operation; see websocket/websocket-server.ts.
 */
export function useAdmission(options: {
  admitter: Admitter;
  remoteAddress(context: GatewayServerContext): string;
}): Plugin<object, GatewayServerContext> {
  return {
    async onParams({ request, setResult, context }) {
      const remoteAddress = options.remoteAddress(context);
      try {
        const admission = await options.admitter.identify({
          requestId: context.requestId ?? toRequestId(undefined),
          authorization: request.headers.get('authorization') ?? undefined,
          remoteAddress,
        });
        await options.admitter.spend(admission, remoteAddress);
        context.admission = admission;
      } catch (error) {
        setResult({ errors: [error instanceof GraphQLError ? error : toGraphQLError(error)] });
      }
    },
  };
}

function toGraphQLError(cause: unknown): GraphQLError {
  return new GraphQLError('Admission failed.', {
    originalError: cause instanceof Error ? cause : new Error(String(cause)),
  });
}
