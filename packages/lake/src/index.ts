export type { CompactOptions, CompactResult } from './compact.ts';
export { type AggregateField, aggregateFields, type EventCursor, EventQuery } from './event-query.ts';
export { type Lake, type LakeOptions, openLake, type SearchOptions } from './lake.ts';
export { LakeError, type LakeErrorCode } from './lake-error.ts';
export type { LakeRow } from './lake-row.ts';
export { type LakeLog, type LakeWriter, type LakeWriterOptions, openLakeWriter } from './lake-writer.ts';
