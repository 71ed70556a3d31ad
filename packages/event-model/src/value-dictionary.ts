import type { Dictionary } from './dictionary.ts';
import type { FieldValue, Scalar } from './field-value.ts';

/** A dictionary that gives out codes. `bytes` estimates what its values hold on the heap. */
export interface ValueDictionary extends Dictionary {
  readonly bytes: number;
  codeOf(value: FieldValue): number;
}

const bytesPerEntry = 64;

export function createValueDictionary(): ValueDictionary {
  const values: FieldValue[] = [null];
  const scalars = new Map<Scalar, number>();
  const lists = new Map<string, number>();
  let bytes = 0;

  const add = (value: FieldValue, size: number): number => {
    values.push(value);
    bytes += bytesPerEntry + 2 * size;
    return values.length - 1;
  };

  return {
    get size() {
      return values.length;
    },
    get bytes() {
      return bytes;
    },
    valueOf(code) {
      const value = values[code];
      if (code === 0 || value === undefined) throw new RangeError(`Code ${code} was not given out.`);
      return value;
    },
    codeOf(value) {
      if (typeof value === 'object' && value !== null) {
        const key = JSON.stringify(value);
        let code = lists.get(key);
        if (code === undefined) {
          code = add(value, 2 * key.length);
          lists.set(key, code);
        }
        return code;
      }
      let code = scalars.get(value);
      if (code === undefined) {
        code = add(value, typeof value === 'string' ? value.length : 0);
        scalars.set(value, code);
      }
      return code;
    },
  };
}
