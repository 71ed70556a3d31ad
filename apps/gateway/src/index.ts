export { CompositionError, composeSupergraph, readSubgraphs, type SubgraphSource } from './compose.ts';
export { gatewayConfig } from './config.ts';
export { type GatewayErrorCode, gatewayErrorCodes } from './errors.ts';
export { type BreakerOptions, defaultBreakerOptions } from './federation/subgraph-breaker.ts';
export {
  defaultGatewayLimits,
  type Gateway,
  type GatewayLimits,
  type GatewayOptions,
  startGateway,
} from './gateway.ts';
export { type AlertFeed, type AlertFeedOptions, startAlertFeed } from './subscriptions/alert-feed.ts';
export { createGatewayTelemetry, type GatewayTelemetry } from './telemetry.ts';
export { closeCodes } from './websocket/close-codes.ts';
