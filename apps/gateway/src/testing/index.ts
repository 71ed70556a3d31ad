export {
  type OfficeAlert,
  type OfficeSubgraphs,
  startOfficeSubgraphs,
  testSecret,
} from './office-subgraphs.ts';
export { type GraphQLAnswer, startTestGateway, type TestGateway, testTokens } from './start-test-gateway.ts';
