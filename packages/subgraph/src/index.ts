export { applyMessages } from './apply-messages.ts';
export { type Connection, definePaging, type Page, type PageArgs, type Paging } from './connection.ts';
export { deadlineHeader } from './http-server.ts';
export {
  expandScopes,
  type Identity,
  IdentityError,
  identityHeader,
  isScope,
  type Scope,
  scopes,
  signIdentity,
  verifyIdentity,
} from './identity.ts';
export { toKafkaOptions } from './kafka-options.ts';
export { createLoader, type Loader } from './loader.ts';
export { type Message, type MessageRecord, readMessages } from './read-messages.ts';
export { type RequestScope, type Subgraph, type SubgraphOptions, startSubgraph } from './start-subgraph.ts';
export type { Resolvers } from './subgraph-schema.ts';
export { UserError, type UserErrorCode, userErrorCodes } from './user-error.ts';
