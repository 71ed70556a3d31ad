import { type Row, recordLimits } from './record-limits.ts';

/**
 * CSV (RFC 4180) with a header line; `,`, `;` or tab, whichever the header has most of. Lines that start with `#` are
 * comments, but where a comment is followed by the first record and no header was given, it is the header (as abuse.ch
 * writes it). A record that does not fit its header or is too long is undefined.
 */
export function* parseCsv(text: string, given?: readonly string[]): Generator<Row> {
  let at = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  let comment = '';
  while (text[at] === '#' || text[at] === '\n' || text[at] === '\r') {
    const end = endOfLine(text, at);
    if (text[at] === '#') comment = text.slice(at + 1, Math.min(end, at + recordLimits.line)).trim();
    at = end + 1;
  }
  if (at >= text.length) return;
  const firstLine = text.slice(at, Math.min(endOfLine(text, at), at + recordLimits.line));
  const delimiter = delimiterOf(firstLine);
  let header = given;
  const commented = readRecord(comment, 0, delimiter).fields;
  const first = readRecord(text, at, delimiter);
  if (header === undefined && commented.length > 1 && commented.length === first.fields.length)
    header = commented;
  if (header === undefined) {
    header = first.fields;
    at = first.next;
  }
  const names = header.map((name) => name.trim());
  while (at < text.length) {
    if (text[at] === '#') {
      at = endOfLine(text, at) + 1;
      continue;
    }
    const { fields, next } = readRecord(text, at, delimiter);
    at = next;
    if (fields.length === 1 && fields[0] === '') continue;
    yield fields.length === names.length
      ? Object.fromEntries(names.map((name, index) => [name, fields[index]]))
      : undefined;
  }
}

function delimiterOf(line: string): string {
  const count = (delimiter: string): number => line.split(delimiter).length;
  return [',', ';', '\t'].reduce((best, delimiter) => (count(delimiter) > count(best) ? delimiter : best));
}

interface CsvRecord {
  /** Empty for a record that is too long. */
  readonly fields: readonly string[];
  readonly next: number;
}

function readRecord(text: string, start: number, delimiter: string): CsvRecord {
  const fields: string[] = [];
  let at = start;
  for (;;) {
    const field =
      text[skipBlanks(text, at)] === '"'
        ? readQuoted(text, skipBlanks(text, at), delimiter)
        : readPlain(text, at, delimiter);
    if (field.end - start > recordLimits.line) {
      // An unclosed quote would swallow the rest of the file: go on after the line that it stands in.
      return { fields: [], next: endOfLine(text, start) + 1 };
    }
    fields.push(field.value);
    if (text[field.end] !== delimiter) return { fields, next: endOfLine(text, field.end) + 1 };
    at = field.end + 1;
  }
}

interface Field {
  readonly value: string;
  /** Where the delimiter or the end of the line is. */
  readonly end: number;
}

function readPlain(text: string, start: number, delimiter: string): Field {
  let end = start;
  while (end < text.length && text[end] !== delimiter && text[end] !== '\n') end += 1;
  return { value: text.slice(start, end).trim(), end };
}

function readQuoted(text: string, start: number, delimiter: string): Field {
  let value = '';
  let at = start + 1;
  for (;;) {
    const quote = text.indexOf('"', at);
    if (quote === -1 || quote - start > recordLimits.line)
      return { value: '', end: start + recordLimits.line + 1 };
    value += text.slice(at, quote);
    if (text[quote + 1] !== '"') {
      // What stands between the closing quote and the delimiter is dropped.
      return { value, end: readPlain(text, quote + 1, delimiter).end };
    }
    value += '"';
    at = quote + 2;
  }
}

function skipBlanks(text: string, start: number): number {
  let at = start;
  while (text[at] === ' ') at += 1;
  return at;
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end === -1 ? text.length : end;
}
