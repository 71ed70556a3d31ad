import { useApolloFederation } from '@envelop/apollo-federation';
import type { Logger } from '@parapet/service';
import type { Plugin } from 'graphql-yoga';
import type { AccessRules } from './access-rules.ts';
import type { PolicyCheck } from './check-access.ts';
import { createFederationMetrics, type Federation, type FederationLog } from './federation/federation.ts';
import type { GatewayServerContext } from './gateway-context.ts';
import type { Admitter } from './identity/admission.ts';
import type { OperationBounds } from './operation-bounds.ts';
import { useAdmission } from './plugins/use-admission.ts';
import { useAlertSubscriptions } from './plugins/use-alert-subscriptions.ts';
import { useDeadline } from './plugins/use-deadline.ts';
import { useHttpGuard } from './plugins/use-http-guard.ts';
import { useMaskedResults } from './plugins/use-masked-results.ts';
import { useOperationBounds } from './plugins/use-operation-bounds.ts';
import { useRequestId } from './plugins/use-request-id.ts';
import { useScopes } from './plugins/use-scopes.ts';
import type { AlertHub } from './subscriptions/alert-hub.ts';
import type { GatewayTelemetry } from './telemetry.ts';

export interface PolicyOptions {
  readonly federation: Federation;
  readonly federationLog: FederationLog;
  readonly rules: AccessRules;
  readonly policies?: Readonly<Record<string, PolicyCheck>>;
  readonly admitter: Admitter;
  readonly remoteAddress: (context: GatewayServerContext) => string;
  readonly bounds: OperationBounds;
  readonly introspection: boolean;
  readonly corsAllowed: boolean;
  readonly timeoutMs: number;
  readonly hub: AlertHub;
  readonly log: Logger;
  readonly telemetry: GatewayTelemetry;
}

/**
 * The policy of the gateway: what happens to an operation, in this order. The first three see HTTP requests only; the WebSocket
 * server does their work itself (websocket/websocket-operations.ts) and shares the rest.
 */
export function createPolicy(options: PolicyOptions): Plugin[] {
  const { federation, rules, policies, hub, log, telemetry } = options;
  return [
    // First, so that whatever refuses the request below can say under which id.
    useRequestId(),
    // Before the body is read.
    useHttpGuard({ corsAllowed: options.corsAllowed }),
    // Identity and rate, before the text is parsed: who may not ask at all does not make us parse.
    useAdmission({ admitter: options.admitter, remoteAddress: options.remoteAddress }),
    // Bounds, before validation and execution do work that grows with the operation; coerces the variables for the next one.
    useOperationBounds({ bounds: options.bounds, introspection: options.introspection }),
    // Scopes, before anything is executed, and for subscriptions before a stream is opened.
    useScopes({ rules, ...(policies && { policies }) }),
    // Starts the clock last: refusals need none.
    useDeadline({ timeoutMs: options.timeoutMs }),
    useAlertSubscriptions({ hub }),
    // Sees the result after every step above, whichever ended the operation.
    useMaskedResults({ log, telemetry }),
    // Last: it prints the document as the plugins before it left it, and replaces the executor.
    useApolloFederation({
      gateway: federation.gateway,
      logger: options.federationLog,
      metrics: createFederationMetrics(),
    }),
  ] as Plugin[];
}
