export { anAlertChange } from './alert-change.ts';
export {
  type OfficeAlert,
  type OfficeSubgraphs,
  startOfficeSubgraphs,
  testSecret,
} from './office-subgraphs.ts';
export { type GraphQLAnswer, startTestGateway, type TestGateway, testTokens } from './start-test-gateway.ts';
export { createTestClient, type Subscription, subscribe } from './subscribe.ts';
export { until } from './until.ts';
