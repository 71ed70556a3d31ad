import type { Plugin } from 'graphql-yoga';
import { gatewayError } from '../errors.ts';
import { admissionOf, type GatewayContext } from '../gateway-context.ts';

/**
 * Gives each query and mutation a deadline, and the signal that ends its subgraph requests: at the deadline, and for a query
 * also when nobody waits any more. A mutation goes on, since its effect may be half done.
 */
export function useDeadline(options: { timeoutMs: number }): Plugin<GatewayContext> {
  return {
    onExecute({ args, context, extendContext }) {
      const admission = admissionOf(context);
      const timeout = new AbortController();
      const timer = setTimeout(() => timeout.abort(), options.timeoutMs);
      const left =
        context.operationType === 'mutation' ? [] : [context.request?.signal, context.disconnected];
      const signals = [timeout.signal, ...left.filter((signal) => signal !== undefined)];
      const fetch = {
        requestId: admission.requestId,
        principal: admission.principal,
        signal: AbortSignal.any(signals),
        deadline: performance.now() + options.timeoutMs,
      };
      extendContext({ fetch });
      // The executor of the federation gets `args.contextValue`, which may be another object than the one just extended.
      Object.assign(args.contextValue, { fetch });
      return {
        onExecuteDone({ setResult }) {
          clearTimeout(timer);
          if (!timeout.signal.aborted) return;
          const message = `The operation was given up after ${options.timeoutMs} ms.`;
          setResult({ errors: [gatewayError('DEADLINE_EXCEEDED', message)] });
        },
      };
    },
  };
}
