import { Buffer } from 'node:buffer';
import type { FieldValue, Scalar } from '../field-value.ts';
import { tokenKinds } from './json-token.ts';
import { numberValue } from './number-text.ts';
import { parseJson } from './parse-json.ts';

/** What a token means. */
export function tokenValue(bytes: Uint8Array, kind: number, start: number, end: number): FieldValue {
  if (kind === tokenKinds.true) return true;
  if (kind === tokenKinds.false) return false;
  if (kind === tokenKinds.null) return null;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('utf8');
  if (kind === tokenKinds.plain) return text;
  if (kind === tokenKinds.escaped) return JSON.parse(`"${text}"`) as string;
  if (kind === tokenKinds.number) return numberValue(text);
  if (kind === tokenKinds.object) return JSON.stringify(parseJson(text));
  return parseJson(`[${text}]`) as readonly Scalar[];
}

/** Bytes of the longest number that is surely kept as one. */
export const maxShortNumber = 15;

/** Whether a token is a number that is surely kept as one: few digits and no exponent. */
export function isShortNumber(bytes: Uint8Array, kind: number, start: number, end: number): boolean {
  if (kind !== tokenKinds.number || end - start > maxShortNumber) return false;
  for (let at = start; at < end; at += 1) if (((bytes[at] as number) | 0x20) === 0x65) return false;
  return true;
}

/** Whether a text surely means a number: up to 13 decimal digits, or as many in hexadecimal after `0x`. */
export function isNumberText(bytes: Uint8Array, start: number, end: number): boolean {
  const isCoded = end - start > 2 && bytes[start] === 0x30 && ((bytes[start + 1] as number) | 0x20) === 0x78;
  const from = isCoded ? start + 2 : start;
  if (end === from || end - from > 13) return false;
  for (let at = from; at < end; at += 1) {
    const byte = bytes[at] as number;
    const letter = byte | 0x20;
    if ((byte < 0x30 || byte > 0x39) && !(isCoded && letter >= 0x61 && letter <= 0x66)) return false;
  }
  return true;
}

/** Texts that sources write for "nothing". */
const silent = ['', '-', '(empty)'].map((text) => Buffer.from(text));
/** Bytes of the longest of them. */
export const maxSilent = 7;
/** The longest way to write one of them: every character escaped. */
const maxSilentEscaped = maxSilent * 6;

/** Whether a token says nothing: null, or a text that sources write for it. */
export function isSilent(bytes: Uint8Array, kind: number, start: number, end: number): boolean {
  if (kind === tokenKinds.null) return true;
  if (kind === tokenKinds.escaped) {
    if (end - start > maxSilentEscaped) return false;
    const text = Buffer.from(String(tokenValue(bytes, kind, start, end)));
    return silent.some((known) => known.equals(text));
  }
  if (kind !== tokenKinds.plain || end - start > maxSilent) return false;
  return silent.some(
    (text) => text.length === end - start && text.every((byte, index) => bytes[start + index] === byte),
  );
}

/**
 * Writes the decoded text of a string token to `target` and returns its length; -1 when it has a character beyond ASCII or does
 * not fit.
 */
export function copyAsciiToken(
  bytes: Uint8Array,
  token: { readonly start: number; readonly end: number; readonly escaped: boolean },
  target: Uint8Array,
): number {
  const { start, end, escaped } = token;
  if (end - start > target.length)
    return escaped ? copyAsciiText(String(tokenValue(bytes, tokenKinds.escaped, start, end)), target) : -1;
  // All bytes together, so that what is beyond ASCII is asked for once.
  let all = 0;
  if (!escaped) {
    for (let at = start; at < end; at += 1) {
      const byte = bytes[at] as number;
      all |= byte;
      target[at - start] = byte;
    }
    return all < 0x80 ? end - start : -1;
  }
  let length = 0;
  for (let at = start; at < end; at += 1) {
    let byte = bytes[at] as number;
    if (byte === 0x5c) {
      at += 1;
      byte = bytes[at] as number;
      if (byte === 0x75) {
        byte = codeUnitAt(bytes, at + 1);
        at += 4;
      } else byte = unescaped[byte] as number;
    }
    all |= byte;
    target[length] = byte;
    length += 1;
  }
  return all < 0x80 ? length : -1;
}

/** What four hexadecimal digits mean. */
function codeUnitAt(bytes: Uint8Array, at: number): number {
  let unit = 0;
  for (let digit = at; digit < at + 4; digit += 1) {
    const byte = bytes[digit] as number;
    unit = unit * 16 + (byte <= 0x39 ? byte - 0x30 : (byte | 0x20) - 0x57);
  }
  return unit;
}

/** The same for a text. */
export function copyAsciiText(text: string, target: Uint8Array): number {
  if (text.length > target.length) return -1;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit >= 0x80) return -1;
    target[at] = unit;
  }
  return text.length;
}

/** What the letter after a backslash stands for. */
const unescaped = Uint8Array.from({ length: 128 }, (_, byte) => byte);
for (const [letter, byte] of Object.entries({ b: 8, t: 9, n: 10, f: 12, r: 13 }))
  unescaped[letter.charCodeAt(0)] = byte;

/** Whether a token is an IPv4 address in its usual form, which no transform changes: four numbers up to 255 without leading zeros. */
export function isDottedQuad(bytes: Uint8Array, kind: number, start: number, end: number): boolean {
  if (kind !== tokenKinds.plain || end - start < 7 || end - start > 15) return false;
  let parts = 1;
  let number = -1;
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at] as number;
    if (byte === 0x2e) {
      if (number === -1) return false;
      parts += 1;
      number = -1;
    } else {
      if (byte < 0x30 || byte > 0x39 || number === 0) return false;
      number = (number === -1 ? 0 : number * 10) + byte - 0x30;
      if (number > 255) return false;
    }
  }
  return parts === 4 && number !== -1;
}
