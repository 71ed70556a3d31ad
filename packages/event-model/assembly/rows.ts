import { growRows } from './host';

/**
 * Rows of a source as `source-rows.ts` makes them: the head holds how many there are and may be, the name, and then where each array
 * stands.
 */
const length = 0;
const capacity = 4;
const name = 8;
const recordOf = 12;
const sourceOf = 16;
const shifts = 20;
const lines = 24;
const places = 28;
const starts = 32;
const ends = 36;
const shapes = 40;
const coded = 44;
const exponents = 48;
const times = 52;
const receivedTimes = 56;
const idTimes = 60;

/** What rows say of the event that is being added. */
export class RowPlace {
  static record: u32 = 0;
  static source: u32 = 0;
  static shift: u32 = 0;
  static line: u32 = 0;
  static place: u32 = 0;
  static start: u32 = 0;
  static end: u32 = 0;
  static shape: u32 = 0;
  static coded: u32 = 0;
  static exponent: u32 = 0;
  static time: f64 = 0;
  static receivedTime: f64 = 0;
  static idTime: f64 = 0;
}

/** Adds the event whose fields were put; returns how many rows there are now. */
export function addRow(rows: usize): u32 {
  const row = load<u32>(rows, length);
  const at = (<usize>row) << 2;
  store<u32>(load<usize>(rows, recordOf) + at, RowPlace.record);
  store<u32>(load<usize>(rows, sourceOf) + at, RowPlace.source);
  store<u32>(load<usize>(rows, shifts) + at, RowPlace.shift);
  store<u32>(load<usize>(rows, lines) + at, RowPlace.line);
  store<u32>(load<usize>(rows, places) + at, RowPlace.place);
  store<u32>(load<usize>(rows, starts) + at, RowPlace.start);
  store<u32>(load<usize>(rows, ends) + at, RowPlace.end);
  store<u32>(load<usize>(rows, shapes) + at, RowPlace.shape);
  store<u32>(load<usize>(rows, coded) + at, RowPlace.coded);
  store<u32>(load<usize>(rows, exponents) + at, RowPlace.exponent);
  store<f64>(load<usize>(rows, times) + (at << 1), RowPlace.time);
  store<f64>(load<usize>(rows, receivedTimes) + (at << 1), RowPlace.receivedTime);
  store<f64>(load<usize>(rows, idTimes) + (at << 1), RowPlace.idTime);
  store<u32>(rows, row + 1, length);
  // There is always room for the next one: its fields are put before it is known to be kept.
  if (row + 1 === load<u32>(rows, capacity)) growRows(load<i32>(rows, name));
  return row + 1;
}
