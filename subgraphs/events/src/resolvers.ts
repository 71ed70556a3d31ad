import type { DeadLetterReason } from '@parapet/event-model';
import type { PartitionLag } from '@parapet/kafka';
import type { AggregateField, LakeRow } from '@parapet/lake';
import { type PageArgs, type Resolvers, UserError } from '@parapet/subgraph';
import type { EventsContext } from './context.ts';
import { type DeadLetter, deadLetterKey, deadLetterPaging } from './dead-letter-store.ts';
import { riskContributionsOf, riskLevelOf, riskScoreOf } from './event-risk.ts';
import { askLake, type EventFilter, eventPaging, toEventQuery } from './event-search.ts';

type EventListArgs = PageArgs & { filter?: EventFilter | null };

const maxBars = 1000;
const maxFieldCounts = 500;
const utf8 = new TextDecoder('utf-8');

export const resolvers: Resolvers = {
  Query: {
    event: (_, { id }: { id: string }, context: EventsContext) => context.events.load(id),
    events: (_, args: EventListArgs, context: EventsContext) =>
      toEventConnection(args, (search) => context.search(search)),
    eventCount: (_, { filter }: EventListArgs, { lake, signal }: EventsContext) =>
      askLake(lake, (open) => open.count(toEventQuery(filter), { signal })),
    eventFieldCounts: async (
      _,
      { field, filter, first }: { field: AggregateField } & EventListArgs,
      { lake, signal }: EventsContext,
    ) => {
      const limit = toCount('first', first ?? 20, maxFieldCounts);
      const counts = await askLake(lake, (open) =>
        open.aggregate(toEventQuery(filter), field, { limit, signal }),
      );
      return counts.map(({ value, count }) => ({ value: String(value), count }));
    },
    eventHistogram: async (
      _,
      args: { since: Date; until: Date; bars?: number | null } & EventListArgs,
      { lake, signal }: EventsContext,
    ) => {
      const bars = toCount('bars', args.bars ?? 60, maxBars);
      const since = args.since.getTime();
      const until = args.until.getTime();
      if (since >= until) throw new UserError('BAD_USER_INPUT', '`since` must be before `until`.');
      const query = toEventQuery(args.filter);
      query.since = Math.max(query.since ?? since, since);
      query.until = Math.min(query.until ?? until, until);
      const width = Math.ceil((until - since) / bars);
      const found = await askLake(lake, (open) => open.histogram(query, width, { signal }));
      return found.map(({ start, count }) => ({ start, end: start + width, count }));
    },
    ingestStatus: (_, __, context: EventsContext) => context.ingestStatus(),
    deadLetters: async (
      _,
      { reason, ...args }: PageArgs & { reason?: DeadLetterReason | null },
      { deadLetters }: EventsContext,
    ) => {
      const page = deadLetterPaging.toPage(args);
      const found = await deadLetters.list(reason ?? null, page);
      return deadLetterPaging.toConnection(page, found, deadLetterKey);
    },
    deadLetterCounts: (_, __, { deadLetters }: EventsContext) => deadLetters.countByReason(),
  },

  Event: {
    __resolveReference: ({ id }: { id: string }, context: EventsContext) => context.events.load(id),
    assets: ({ assets }: LakeRow) => assets.map((handle) => ({ handle })),
    origin: toOrigin,
    riskScore: riskScoreOf,
    riskLevel: riskLevelOf,
    riskContributions: riskContributionsOf,
  },

  IngestPartition: {
    committedOffset: ({ committed }: PartitionLag) => committed,
    endOffset: ({ end }: PartitionLag) => end,
  },

  DeadLetter: {
    origin: toOrigin,
    text: async ({ id }: DeadLetter, _: unknown, context: EventsContext) =>
      utf8.decode(await context.deadLetterBytes.load(id)),
    bytes: async ({ id }: DeadLetter, _: unknown, context: EventsContext) =>
      Buffer.from(await context.deadLetterBytes.load(id)).toString('base64'),
  },

  Asset: {
    // Nothing of an asset is kept here: the reference carries what `events` asks for.
    __resolveReference: (reference: { handles?: readonly string[] }) => reference,
    events: (
      { handles = [] }: { handles?: readonly string[] },
      args: EventListArgs,
      context: EventsContext,
    ) => toEventConnection(args, (search) => context.searchAsset(handles, search)),
  },
};

async function toEventConnection(
  { filter, ...args }: EventListArgs,
  search: (search: Parameters<EventsContext['search']>[0]) => Promise<LakeRow[]>,
) {
  const page = eventPaging.toPage(args);
  const after = page.after && { time: page.after[0], id: page.after[1] };
  const rows = await search({ query: toEventQuery(filter), first: page.limit, after });
  return eventPaging.toConnection(page, rows, ({ time, id }) => [time, id]);
}

function toOrigin({ topicId, partition, offset, line }: LakeRow | DeadLetter) {
  return { topicId, partition, offset, line };
}

function toCount(name: string, value: number, max: number): number {
  if (value >= 1 && value <= max) return value;
  throw new UserError('BAD_USER_INPUT', `\`${name}\` must be from 1 to ${max}.`);
}
