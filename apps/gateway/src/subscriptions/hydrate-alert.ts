import { setTimeout as delay } from 'node:timers/promises';
import { errorCode } from '../errors.ts';
import type { Federation, FederationResult } from '../federation/federation.ts';
import type { HydrationQuery } from './hydration-query.ts';

export interface HydrateOptions {
  readonly federation: Pick<Federation, 'execute'>;
  readonly timeoutMs: number;
  readonly newRequestId: () => string;
  /** Milliseconds before each further attempt while the subgraph that owns alerts is away. */
  readonly retryDelaysMs?: readonly number[];
  /** Aborted when the process stops. */
  readonly signal: AbortSignal;
}

/**
 * Resolves announced alerts through the federation, outside the pipeline of requests: nobody's rate is spent. The subgraphs
 * see a service of the subscribers' scopes, since one resolution may serve several of them.
 */
export function createHydrateAlert(options: HydrateOptions) {
  const { federation, timeoutMs, newRequestId, signal, retryDelaysMs = [250, 1_000, 3_000] } = options;

  const attempt = (query: HydrationQuery, alertId: string, scopes: readonly string[]) =>
    federation.execute({
      document: query.document,
      variables: { ...query.variables, [query.idVariable]: alertId },
      fetch: {
        requestId: newRequestId(),
        principal: { subject: 'gateway', kind: 'service', scopes },
        signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
        deadline: performance.now() + timeoutMs,
      },
    });

  /** Undefined when there is no such alert any more. */
  return async function hydrateAlert(
    query: HydrationQuery,
    alertId: string,
    scopes: readonly string[],
  ): Promise<FederationResult | undefined> {
    let result = await attempt(query, alertId, scopes);
    for (const ms of retryDelaysMs) {
      if (!isAway(result, query)) break;
      await delay(ms, undefined, { signal });
      result = await attempt(query, alertId, scopes);
    }
    const found = result.data?.[query.responseKey];
    if ((found === null || found === undefined) && result.errors === undefined) return undefined;
    return result;
  };
}

const awayCodes: ReadonlySet<unknown> = new Set(['SUBGRAPH_UNAVAILABLE', 'DEADLINE_EXCEEDED']);

/** Part of an alert missing is told to the subscriber; the whole alert missing is worth another attempt. */
function isAway({ data, errors }: FederationResult, query: HydrationQuery): boolean {
  const found = data?.[query.responseKey];
  if (found !== null && found !== undefined) return false;
  return errors?.some((error) => awayCodes.has(errorCode(error))) ?? false;
}
