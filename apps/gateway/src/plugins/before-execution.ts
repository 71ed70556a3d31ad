import type { DocumentNode, ExecutionResult, GraphQLSchema } from 'graphql';
import type { GatewayContext } from '../gateway-context.ts';

/** What the hooks before a query or mutation is executed and before a subscription is opened have in common. */
export interface BeforeExecution {
  readonly args: {
    readonly schema: GraphQLSchema;
    readonly document: DocumentNode;
    readonly operationName?: string | null | undefined;
    readonly variableValues?: unknown;
    readonly contextValue: GatewayContext;
  };
  extendContext(extension: Partial<GatewayContext>): void;
  setResultAndStopExecution(result: ExecutionResult): void;
}
