import { copyAsciiText } from '../decode/token-value.ts';
import type { FieldValue } from '../field-value.ts';
import type { PlannedSource } from '../profile-plan.ts';
import type { Column } from './event-batch.ts';
import type { SpanDictionary } from './span-dictionary.ts';
import type { ValueDictionary } from './value-dictionary.ts';

type FieldSource = Extract<PlannedSource, { kind: 'field' }>;
type SpanColumn = { readonly spans: SpanDictionary; readonly codes: Uint32Array };

/** Which rows of an attribute have their value from a column of spans, and from which. */
export interface SpanOrigins {
  /** Gives the rows without a code one, which `column` understands. Returns whether a row got one. */
  fill(source: FieldSource, column: SpanColumn, codes: Uint32Array, rows: Uint32Array): boolean;
  /** The attribute's column: codes up to the number of rows are rows, those above are codes of the dictionary. */
  column(target: { readonly dictionary: ValueDictionary; readonly codes: Uint32Array }): Column;
}

/** Marks a code as a row number plus one while the column is being filled. */
const rowMark = 0x8000_0000;

export function createSpanOrigins(length: number): SpanOrigins {
  const sources: { readonly source: FieldSource; readonly spans: SpanDictionary }[] = [];
  let origins = new Uint16Array(0);

  const valueOfRow = (code: number): FieldValue => {
    const origin = sources[origins[code - 1] as number];
    if (origin === undefined) throw new RangeError(`Code ${code} was not given out.`);
    const { source, spans } = origin;
    const value = spans.valueOf(code);
    return isCopied(source, spans, code) ? value : (source.map(value) ?? null);
  };
  return {
    fill(source, { spans, codes: from }, codes, rows) {
      if (sources.length === 0) origins = new Uint16Array(length);
      // Kinds of events share most of their sources.
      let number = sources.findIndex((known) => known.source === source);
      if (number === -1) number = sources.push({ source, spans }) - 1;
      let filled = false;
      for (let index = 0; index < rows.length; index += 1) {
        const row = rows[index] as number;
        const code = from[row] as number;
        if (code === 0 || codes[row] !== 0) continue;
        if (!isSurelyThere(source, spans, code) && (source.map(spans.valueOf(code)) ?? null) === null)
          continue;
        codes[row] = rowMark + code;
        origins[row] = number;
        filled = true;
      }
      return filled;
    },
    column({ dictionary, codes }) {
      for (let row = 0; row < length; row += 1) {
        const code = codes[row] as number;
        if (code >= rowMark) codes[row] = code - rowMark;
        else if (code !== 0) codes[row] = code + length;
      }
      return {
        codes,
        dictionary: {
          size: length + dictionary.size,
          valueOf: (code) => (code > length ? dictionary.valueOf(code - length) : valueOfRow(code)),
          copyAscii(code, target) {
            if (code > length) return dictionary.copyAscii(code - length, target);
            const { source, spans } = sources[origins[code - 1] as number] as (typeof sources)[number];
            if (isCopied(source, spans, code)) return spans.copyAscii(code, target);
            const value = valueOfRow(code);
            return typeof value === 'string' ? copyAsciiText(value, target) : -1;
          },
        },
      };
    },
  };
}

/** Whether it is known without making it that the source gives the attribute a value. */
function isSurelyThere(source: FieldSource, spans: SpanDictionary, code: number): boolean {
  return isCopied(source, spans, code) || (source.copies === 'numbers' && spans.isNumberText(code));
}

/** Whether the attribute's value is the field's as it is written. */
function isCopied({ copies }: FieldSource, spans: SpanDictionary, code: number): boolean {
  return copies !== undefined && spans.isCopied(code, copies);
}
