import {
  type DirectiveNode,
  type DocumentNode,
  defaultFieldResolver,
  type GraphQLFieldResolver,
  type GraphQLSchema,
  isObjectType,
  Kind,
  type ObjectTypeDefinitionNode,
  type ObjectTypeExtensionNode,
  valueFromASTUntyped,
} from 'graphql';
import { z } from 'zod';
import type { Identity } from './identity.ts';
import { UserError } from './user-error.ts';

/** One of these lists must be held whole. */
type ScopeLists = readonly (readonly string[])[];

const ScopeLists = z.array(z.array(z.string()));
const Representations = z.array(z.looseObject({ __typename: z.string() }));

/**
 * Checks the `@requiresScopes` of the SDL again inside the subgraph, although the gateway enforces them: a gateway with a fault
 * must not be enough to read what a caller may not. Wraps the resolvers of guarded fields, and `_entities` for guarded types.
 */
export function guardSchema(schema: GraphQLSchema, document: DocumentNode, identity: () => Identity): void {
  const { fields, types } = readRequiredScopes(document);
  for (const [coordinate, lists] of fields) {
    const [typeName = '', fieldName = ''] = coordinate.split('.');
    const type = schema.getType(typeName);
    const field = isObjectType(type) ? type.getFields()[fieldName] : undefined;
    if (!field) continue;
    const resolve: GraphQLFieldResolver<unknown, unknown> = field.resolve ?? defaultFieldResolver;
    field.resolve = (source, args, context, info) => {
      requireScopes(identity(), lists, coordinate);
      return resolve(source, args, context, info);
    };
  }
  const entities = schema.getQueryType()?.getFields()['_entities'];
  const resolveEntities = entities?.resolve;
  if (!entities || !resolveEntities) return;
  entities.resolve = (source, args, context, info) => {
    const representations = Representations.safeParse(args['representations']);
    if (!representations.success) {
      throw new UserError('BAD_USER_INPUT', 'Every representation must be an object with a `__typename`.');
    }
    for (const name of new Set(representations.data.map((each) => each.__typename))) {
      requireScopes(identity(), types.get(name), name);
    }
    return resolveEntities(source, args, context, info);
  };
}

function requireScopes(identity: Identity, lists: ScopeLists | undefined, what: string): void {
  if (!lists || lists.some((list) => list.every((scope) => identity.scopes.includes(scope)))) return;
  const wanted = lists.map((list) => list.join(' and ')).join(', or ');
  throw new UserError('FORBIDDEN', `${what} needs the scope ${wanted}.`);
}

function readRequiredScopes(document: DocumentNode): {
  fields: Map<string, ScopeLists>;
  types: Map<string, ScopeLists>;
} {
  const fields = new Map<string, ScopeLists>();
  const types = new Map<string, ScopeLists>();
  for (const node of document.definitions) {
    if (!isObjectDefinition(node)) continue;
    const own = readDirective(node.directives);
    if (own) types.set(node.name.value, own);
    for (const field of node.fields ?? []) {
      const lists = readDirective(field.directives);
      if (lists) fields.set(`${node.name.value}.${field.name.value}`, lists);
    }
  }
  return { fields, types };
}

function isObjectDefinition(
  node: DocumentNode['definitions'][number],
): node is ObjectTypeDefinitionNode | ObjectTypeExtensionNode {
  return node.kind === Kind.OBJECT_TYPE_DEFINITION || node.kind === Kind.OBJECT_TYPE_EXTENSION;
}

function readDirective(directives: readonly DirectiveNode[] | undefined): ScopeLists | undefined {
  const directive = directives?.find((each) => each.name.value === 'requiresScopes');
  const argument = directive?.arguments?.find((each) => each.name.value === 'scopes');
  return argument && ScopeLists.parse(valueFromASTUntyped(argument.value));
}
