import { type DocumentNode, GraphQLError, getOperationAST, type OperationDefinitionNode } from 'graphql';

/**
 * The operation of a document that is to be run.
 *
 * @throws GraphQLError OPERATION_RESOLUTION_FAILURE when the document does not have it, or has several and none is named.
 */
export function operationOf(
  document: DocumentNode,
  operationName: string | null | undefined,
): OperationDefinitionNode {
  const operation = getOperationAST(document, operationName);
  if (operation != null) return operation;
  const message =
    operationName == null
      ? 'The document must have one operation; of several, say which one by operationName.'
      : `The document has no operation named ${JSON.stringify(operationName)}.`;
  throw new GraphQLError(message, {
    extensions: { code: 'OPERATION_RESOLUTION_FAILURE', http: { status: 400 } },
  });
}
