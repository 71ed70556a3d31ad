export type { ColumnBatch, FieldValue, Scalar, ValueTable } from './column-batch.ts';
