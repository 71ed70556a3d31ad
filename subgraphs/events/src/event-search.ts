import { type EventQuery, type Lake, LakeError } from '@parapet/lake';
import { definePaging, UserError } from '@parapet/subgraph';
import { z } from 'zod';

/** `EventFilter` as it comes from GraphQL. */
export interface EventFilter {
  readonly since?: Date | null;
  readonly until?: Date | null;
  readonly source?: string | null;
  readonly host?: string | null;
  readonly user?: string | null;
  readonly address?: string | null;
  readonly text?: string | null;
  readonly ruleId?: string | null;
  readonly assetId?: string | null;
  readonly minRiskScore?: number | null;
}

/** The latest first; the id breaks ties. */
export const eventPaging = definePaging({
  name: 'events',
  version: 1,
  key: z.tuple([z.number(), z.string().max(100)]),
});

const maxTextLength = 500;
const textFields = ['source', 'host', 'user', 'address', 'text', 'ruleId'] as const;

/** @throws {UserError} when a condition is empty or too long. */
export function toEventQuery(filter: EventFilter | null | undefined): EventQuery {
  const query: EventQuery = {};
  for (const field of [...textFields, 'assetId'] as const) {
    const value = filter?.[field];
    if (value == null) continue;
    if (value.length === 0 || value.length > maxTextLength) {
      throw new UserError('BAD_USER_INPUT', `\`${field}\` must be 1 to ${maxTextLength} characters long.`);
    }
    if (field === 'assetId') query.assets = [value];
    else query[field] = value;
  }
  if (filter?.minRiskScore != null) {
    if (filter.minRiskScore < 0 || filter.minRiskScore > 100) {
      throw new UserError('BAD_USER_INPUT', '`minRiskScore` must be from 0 to 100.');
    }
    query.minRiskScore = filter.minRiskScore;
  }
  if (filter?.since) query.since = filter.since.getTime();
  if (filter?.until) query.until = filter.until.getTime();
  return query;
}

/** Both must hold: an event must be about one of `handles`, and about the one asset that the filter may name. */
export function narrowToAsset(query: EventQuery, handles: readonly string[]): EventQuery | undefined {
  const wanted = query.assets ? handles.filter((handle) => query.assets?.includes(handle)) : handles;
  return wanted.length === 0 ? undefined : { ...query, assets: [...wanted] };
}

/** The lake, whose errors are told to the caller where the caller can do something about them. */
export async function askLake<T>(lake: Lake, question: (lake: Lake) => Promise<T>): Promise<T> {
  try {
    return await question(lake);
  } catch (error) {
    if (!(error instanceof LakeError)) throw error;
    switch (error.code) {
      case 'INVALID_QUERY':
        throw new UserError('BAD_USER_INPUT', error.message, { cause: error });
      case 'BUSY':
        throw new UserError('UNAVAILABLE', 'Too many searches are under way: try again in a moment.', {
          cause: error,
        });
      case 'ABORTED':
        throw new UserError(
          'DEADLINE_EXCEEDED',
          'The search took too long: narrow it, e.g. by `since` and `until`.',
          { cause: error },
        );
      default:
        throw error;
    }
  }
}
