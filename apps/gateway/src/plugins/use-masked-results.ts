import type { Logger } from '@parapet/service';
import type { Plugin } from 'graphql-yoga';
import type { GatewayServerContext } from '../gateway-context.ts';
import { type MaskableResult, maskResult } from '../mask-result.ts';
import type { GatewayTelemetry } from '../telemetry.ts';

/** Masks and measures every result that leaves over HTTP, whatever step it came from, streams included. */
export function useMaskedResults(options: {
  log: Logger;
  telemetry: GatewayTelemetry;
}): Plugin<object, GatewayServerContext> {
  const { log, telemetry } = options;
  return {
    onResultProcess({ result, setResult, serverContext }) {
      const { requestId = 'unknown', startedAt = performance.now(), operationType } = serverContext;
      const mask = (one: MaskableResult) => maskResult(one, { requestId, log });
      const done = (one: MaskableResult) =>
        telemetry.operationDone({
          type: operationType,
          result: one,
          seconds: (performance.now() - startedAt) / 1000,
        });
      if (isStream(result)) {
        setResult(mapStream(result, mask) as typeof result);
        return;
      }
      const masked = mask((Array.isArray(result) ? result[0] : result) as MaskableResult);
      done(masked);
      setResult(masked as typeof result);
    },
  };
}

function isStream(result: object): result is AsyncIterable<MaskableResult> {
  return Symbol.asyncIterator in result;
}

/** Ends the source when the reader stops early: an `async function*` would wait for the source's next item first. */
function mapStream<T, U>(source: AsyncIterable<T>, map: (item: T) => U): AsyncIterableIterator<U> {
  const iterator = source[Symbol.asyncIterator]();
  return {
    async next() {
      const { done, value } = await iterator.next();
      return done === true ? { done, value: undefined } : { done: false, value: map(value) };
    },
    async return() {
      await iterator.return?.();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
