import { type PageArgs, type Resolvers, UserError } from '@parapet/subgraph';
import { type Asset, type AssetFilter, assetKey, assetPaging } from './asset-reader.ts';
import type { AssetsContext } from './context.ts';

const maxSearchLength = 200;
const maxNamesShown = 200;

export const resolvers: Resolvers = {
  Query: {
    asset: (_, { id }: { id: string }, context: AssetsContext) => context.assets.load(id),
    assets: async (
      _,
      { filter, ...args }: PageArgs & { filter?: AssetFilter | null },
      { reader }: AssetsContext,
    ) => {
      const { search } = filter ?? {};
      if (search != null && (search.length === 0 || search.length > maxSearchLength)) {
        throw new UserError('BAD_USER_INPUT', `\`search\` must be 1 to ${maxSearchLength} characters long.`);
      }
      const page = assetPaging.toPage(args);
      return assetPaging.toConnection(page, await reader.list(filter ?? {}, page), assetKey);
    },
  },

  Asset: {
    __resolveReference: async ({ id, handle }: { id?: string; handle?: string }, context: AssetsContext) =>
      context.assets.load(id ?? handle ?? ''),
    handle: ({ id }: Asset) => id,
    handles: async ({ id }: Asset, _: unknown, context: AssetsContext) =>
      (await context.names.load(id)).map(({ handle }) => handle),
    names: async ({ id }: Asset, _: unknown, context: AssetsContext) =>
      (await context.names.load(id)).slice(0, maxNamesShown),
    users: ({ id }: Asset, _: unknown, context: AssetsContext) => context.users.load(id),
  },
};
