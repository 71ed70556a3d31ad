import type { TextForm } from './matcher.ts';

/**
 * What each byte of a text in UTF-8 is compared as: letters of ASCII without their case, dashes as one. Characters outside
 * ASCII are put in their form before they become bytes, so that their bytes stay as they are.
 */
export function foldTable({ cased, dashes }: TextForm): Uint8Array {
  const number = (cased ? 1 : 0) + (dashes ? 2 : 0);
  const table = foldTables[number] ?? makeFoldTable({ cased, dashes });
  foldTables[number] = table;
  return table;
}

const foldTables: Uint8Array[] = [];

function makeFoldTable({ cased, dashes }: TextForm): Uint8Array {
  const table = Uint8Array.from({ length: 256 }, (_, byte) => byte);
  if (!cased) for (let byte = 0x41; byte <= 0x5a; byte++) table[byte] = byte + 0x20;
  if (dashes) table[0x2f] = 0x2d;
  return table;
}

/** Writes a text of ASCII as bytes; returns its length, or -1 when it is not ASCII or does not fit. */
export function writeAscii(text: string, target: Uint8Array): number {
  const { length } = text;
  if (length > target.length) return -1;
  for (let index = 0; index < length; index++) {
    const unit = text.charCodeAt(index);
    if (unit > 0x7f) return -1;
    target[index] = unit;
  }
  return length;
}

/** Bytes of a text in UTF-8, where half a surrogate pair stays what it is and becomes three bytes. */
export function bytesOf(text: string): Uint8Array {
  // Nearly all texts are short and of ASCII, which an encoder takes long to find out.
  const ascii = new Uint8Array(text.length);
  if (text.length < 1_000 && writeAscii(text, ascii) !== -1) return ascii;
  if (text.isWellFormed()) return encoder.encode(text);
  const parts = text
    .split(/([\ud800-\udfff])/u)
    .map((part, index) => (index % 2 === 0 ? encoder.encode(part) : loneSurrogate(part.charCodeAt(0))));
  return Buffer.concat(parts);
}

const encoder = new TextEncoder();

const loneSurrogate = (unit: number): Uint8Array =>
  Uint8Array.of(0xe0 | (unit >> 12), 0x80 | ((unit >> 6) & 0x3f), 0x80 | (unit & 0x3f));
