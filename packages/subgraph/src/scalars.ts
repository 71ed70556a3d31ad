import { GraphQLScalarType, Kind, type ValueNode, valueFromASTUntyped } from 'graphql';
import { UserError } from './user-error.ts';

/** Year 0 to 9999: what four-digit ISO 8601 can say. */
const earliest = Date.parse('0000-01-01T00:00:00.000Z');
const latest = Date.parse('9999-12-31T23:59:59.999Z');
const isoTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/;

/** Out: a Date or epoch milliseconds, as ISO 8601 in UTC. In: ISO 8601 with a zone, as a Date. */
export const DateTime = new GraphQLScalarType<Date, string>({
  name: 'DateTime',
  serialize(value) {
    const time = value instanceof Date ? value.getTime() : value;
    if (typeof time !== 'number' || !Number.isFinite(time)) throw new TypeError('DateTime: not a time');
    return new Date(Math.min(latest, Math.max(earliest, time))).toISOString();
  },
  parseValue: toDate,
  parseLiteral: (node) => toDate(node.kind === Kind.STRING ? node.value : undefined),
});

/** Out: a bigint or a number. In: a whole number, or its digits as a string. Always within -(2^53 - 1) to 2^53 - 1. */
export const Long = new GraphQLScalarType<number, number>({
  name: 'Long',
  serialize(value) {
    const number = typeof value === 'bigint' ? Number(value) : value;
    if (typeof number !== 'number' || !Number.isSafeInteger(number)) {
      throw new TypeError('Long: not a whole number within 2^53');
    }
    return number;
  },
  parseValue: toLong,
  parseLiteral: (node) =>
    toLong(node.kind === Kind.INT || node.kind === Kind.STRING ? node.value : undefined),
});

const maxJsonDepth = 32;

/** Any JSON value, at most 32 levels deep on the way in. */
export const Json = new GraphQLScalarType<unknown, unknown>({
  name: 'JSON',
  serialize: (value) => value,
  parseValue: (value) => boundDepth(value),
  parseLiteral: (node: ValueNode, variables) => boundDepth(valueFromASTUntyped(node, variables)),
});

/** The scalars that every subgraph may declare, by their names in SDL. */
export const sharedScalars = { DateTime, Long, JSON: Json } as const;

function toDate(value: unknown): Date {
  const time = typeof value === 'string' && isoTime.test(value) ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(time)) {
    throw new UserError(
      'BAD_USER_INPUT',
      'A DateTime is ISO 8601 with a zone, e.g. "2026-03-01T12:00:00.000Z".',
    );
  }
  return new Date(time);
}

function toLong(value: unknown): number {
  const number = typeof value === 'string' && /^-?\d{1,16}$/.test(value) ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isSafeInteger(number)) {
    throw new UserError('BAD_USER_INPUT', 'A Long is a whole number from -(2^53 - 1) to 2^53 - 1.');
  }
  return number;
}

function boundDepth(value: unknown, depth = 0): unknown {
  if (depth > maxJsonDepth) {
    throw new UserError('BAD_USER_INPUT', `A JSON value may be at most ${maxJsonDepth} levels deep.`);
  }
  if (typeof value === 'object' && value !== null) {
    for (const child of Object.values(value)) boundDepth(child, depth + 1);
  }
  return value;
}
