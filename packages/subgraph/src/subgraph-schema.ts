import { buildSubgraphSchema } from '@apollo/subgraph';
import { defaultFieldResolver, type GraphQLSchema, isObjectType, Kind, parse } from 'graphql';
import type { Identity } from './identity.ts';
import { guardSchema } from './required-scopes.ts';
import { sharedScalars } from './scalars.ts';

// biome-ignore lint/suspicious/noExplicitAny: a resolver's source and arguments have types that only its own file knows
type AnyFunction = (...args: any[]) => unknown;
/** Resolvers by type and field; `__resolveReference` resolves an entity. */
export type Resolvers = Readonly<Record<string, Readonly<Record<string, AnyFunction>>>>;

/** The executable schema of one subgraph, with the shared scalars that its SDL declares, and its scopes enforced. */
export function buildSchema(opts: {
  typeDefs: string;
  resolvers: Resolvers;
  identity: () => Identity;
}): GraphQLSchema {
  const document = parse(opts.typeDefs);
  const declared = new Set(
    document.definitions.flatMap((node) =>
      node.kind === Kind.SCALAR_TYPE_DEFINITION ? [node.name.value] : [],
    ),
  );
  const scalars = Object.fromEntries(Object.entries(sharedScalars).filter(([name]) => declared.has(name)));
  type ResolverMap = Parameters<typeof buildSubgraphSchema>[0] extends infer M
    ? M extends { resolvers?: infer R }
      ? R
      : never
    : never;
  const schema = buildSubgraphSchema({
    typeDefs: document,
    resolvers: { ...scalars, ...opts.resolvers } as NonNullable<ResolverMap>,
  });
  guardSchema(schema, document, opts.identity);
  return schema;
}

/** Coordinates of the root fields, and `_entities.Type` of each entity that can be asked for. */
export function countedFields(schema: GraphQLSchema): string[] {
  const roots = [schema.getQueryType(), schema.getMutationType()].flatMap((type) =>
    type ? Object.keys(type.getFields()).map((field) => `${type.name}.${field}`) : [],
  );
  const entities = Object.values(schema.getTypeMap()).flatMap((type) =>
    isObjectType(type) && 'apollo' in type.extensions ? [`_entities.${type.name}`] : [],
  );
  return [...roots, ...entities];
}

/** Calls `onResolve` for every root field and every entity that is asked for. */
export function watchFields(schema: GraphQLSchema, onResolve: (coordinate: string) => void): void {
  for (const type of [schema.getQueryType(), schema.getMutationType()]) {
    for (const field of Object.values(type?.getFields() ?? {})) {
      const resolve = field.resolve ?? defaultFieldResolver;
      const coordinate = `${type?.name}.${field.name}`;
      field.resolve = (source, args, context, info) => {
        onResolve(coordinate);
        if (field.name === '_entities') {
          for (const { __typename } of args.representations) onResolve(`_entities.${__typename}`);
        }
        return resolve(source, args, context, info);
      };
    }
  }
}
