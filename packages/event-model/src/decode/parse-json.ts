import { jsonByte } from './json-byte.ts';
import { numberValue } from './number-text.ts';

const numberPattern = /-?[\d.eE+-]+/y;
/** Integers that a double cannot hold, and numbers past its range. Strings that look so cost time, nothing else. */
const largeNumber = /[:[,]\s*-?(?:\d{16}|[\d.]+[eE]\+?\d{3})/;
/** The end of a key that has an escape. The end of a string that looks so within another costs time, nothing else. */
const escapedKey = /\\.[^"\\]*"\s*:/s;
const keyEnd = /\s*:/y;

/**
 * What a JSON text means, with numbers that a double cannot hold as their own text. A text that `JSON.parse` may misread is written
 * in another way, and parsed again:
 *
 * - such numbers are put in quotes. A reviver would be told their text too, but with one the engine may take the first of two equal
 *   keys (V8 13.6);
 * - where a key has an escape, all keys get names until they are parsed. When the engine has parsed an object with the key `\` before, it takes
 *   any key that begins with an escape for that one where it stands at the same place, and the same with `a\` and `"a\u0020"` (V8 13.6).
 *
 * @throws {SyntaxError} where `JSON.parse` does.
 */
export function parseJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  if (escapedKey.test(text)) {
    const names = new KeyNames();
    return names.putBack(JSON.parse(respell(text, names)));
  }
  return largeNumber.test(text) ? JSON.parse(respell(text)) : value;
}

/** Names in place of all keys of a text, so that none of them can be like another. Equal keys have one name, however they are written. */
class KeyNames {
  readonly #names = new Map<string, string>();
  readonly #keys: string[] = [];

  /** @param token the key with its quotes. */
  nameOf(token: string): string {
    // By itself it is no key, so nothing that was parsed before can be taken for it.
    const key = JSON.parse(token) as string;
    let name = this.#names.get(key);
    if (name === undefined) {
      name = `k${this.#keys.length}`;
      this.#names.set(key, name);
      this.#keys.push(key);
    }
    return `"${name}"`;
  }

  putBack(value: unknown): unknown {
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return value.map((element) => this.putBack(element));
    // Defines members, so that `__proto__` is one like others.
    return Object.fromEntries(
      Object.entries(value).map(([name, member]) => [
        this.#keys[Number(name.slice(1))],
        this.putBack(member),
      ]),
    );
  }
}

/** @param text valid JSON. */
function respell(text: string, names?: KeyNames): string {
  let spelled = '';
  let copied = 0;
  const replace = (start: number, end: number, by: string): void => {
    spelled += text.slice(copied, start) + by;
    copied = end;
  };
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit === jsonByte.quote) {
      const end = stringEnd(text, at) + 1;
      keyEnd.lastIndex = end;
      if (names !== undefined && keyEnd.test(text)) replace(at, end, names.nameOf(text.slice(at, end)));
      at = end - 1;
    } else if (unit === jsonByte.minus || (unit >= 0x30 && unit <= 0x39)) {
      numberPattern.lastIndex = at;
      const number = numberPattern.exec(text)?.[0] ?? '';
      const end = at + number.length;
      if (typeof numberValue(number) === 'string') replace(at, end, `"${number}"`);
      at = end - 1;
    }
  }
  return spelled + text.slice(copied);
}

/** The position of the quote that ends the string that begins at `start`. */
function stringEnd(text: string, start: number): number {
  for (let at = start + 1; ; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit === jsonByte.backslash) at += 1;
    else if (unit === jsonByte.quote) return at;
  }
}
