import { createSequenceMemo } from '../decode/sequence-memo.ts';
import type { FieldValue } from '../field-value.ts';
import type { PlannedTest, ProfilePlan } from '../profile-plan.ts';
import type { OwnColumn } from './attribute-columns.ts';
import type { ValueDictionary } from './value-dictionary.ts';

/** Says what kind of event each row is. What a value answers to the kinds' tests is asked once per distinct value. */
export interface KindDecider {
  /** Numbers of the rows' kinds. `columnOf` yields the column of a field, which must have a dictionary. */
  kindsOf(length: number, columnOf: (field: number) => OwnColumn | undefined): Uint16Array;
}

interface DecidingField {
  readonly field: number;
  readonly tests: readonly PlannedTest[];
  /** Answers to all tests, as text, and the number of each different one. */
  readonly classes: Map<string, number>;
  /** A value that stands for each class: it answers every test as the others of its class do. */
  readonly examples: (FieldValue | undefined)[];
  dictionary: ValueDictionary | undefined;
  /** Class of each code plus one, 0 where not asked yet. */
  byCode: Uint16Array;
}

/** A deciding field that some row has; its class stands at `index` of the sequence. */
interface Present {
  readonly index: number;
  readonly field: DecidingField;
  readonly codes: Uint32Array;
}

const maxDecided = 8_192;
const noCodes = new Uint32Array(0);

export function createKindDecider(plan: ProfilePlan): KindDecider {
  const fields = plan.deciding.map(
    ({ field }): DecidingField => ({
      field,
      tests: plan.kinds.flatMap((kind) => kind.tests.filter((test) => test.field === field)),
      classes: new Map(),
      examples: [],
      dictionary: undefined,
      byCode: new Uint16Array(64),
    }),
  );
  const sequence = new Int32Array(fields.length);
  const decided = createSequenceMemo(maxDecided);

  const classOf = (field: DecidingField, value: FieldValue | undefined): number => {
    const key = field.tests.map((test) => (test.holds(value) ? '1' : '0')).join('');
    let number = field.classes.get(key);
    if (number === undefined) {
      number = field.examples.push(value) - 1;
      field.classes.set(key, number);
    }
    return number;
  };
  const prepare = (field: DecidingField, column: OwnColumn | undefined): Uint32Array => {
    if (column === undefined || !('dictionary' in column)) return noCodes;
    const { dictionary, codes } = column;
    if (field.dictionary !== dictionary) {
      field.dictionary = dictionary;
      field.byCode = new Uint16Array(64);
    }
    if (field.byCode.length < dictionary.size) {
      const grown = new Uint16Array(dictionary.size * 2);
      grown.set(field.byCode);
      field.byCode = grown;
    }
    return codes;
  };
  const classOfCode = (field: DecidingField, code: number): number => {
    let number = field.byCode[code] as number;
    if (number === 0) {
      number = classOf(field, code === 0 ? undefined : field.dictionary?.valueOf(code)) + 1;
      field.byCode[code] = number;
    }
    return number - 1;
  };
  const decide = (): number => {
    const values = new Map(
      fields.map(({ field, examples }, index) => [field, examples[sequence[index] as number]]),
    );
    const found = plan.kinds.findIndex((kind) =>
      kind.tests.every((test) => test.holds(values.get(test.field))),
    );
    if (found === -1)
      throw new Error(`The last kind of source profile ${plan.profile.id} must hold for every event.`);
    return found;
  };
  return {
    kindsOf(length, columnOf) {
      const kinds = new Uint16Array(length);
      if (plan.kinds.length === 1) return kinds;
      const present: Present[] = [];
      for (const [index, field] of fields.entries()) {
        const codes = prepare(field, columnOf(field.field));
        if (codes.length > 0) present.push({ index, field, codes });
        else sequence[index] = classOfCode(field, 0);
      }
      for (let row = 0; row < length; row += 1) {
        let changed = row === 0;
        for (let at = 0; at < present.length; at += 1) {
          const { index, field, codes } = present[at] as Present;
          const number = classOfCode(field, codes[row] as number);
          if (sequence[index] === number) continue;
          sequence[index] = number;
          changed = true;
        }
        // Events of one kind come in runs.
        if (!changed) {
          kinds[row] = kinds[row - 1] as number;
          continue;
        }
        let kind = decided.get(sequence, fields.length);
        if (kind === -1) {
          kind = decide();
          decided.set(sequence, fields.length, kind);
        }
        kinds[row] = kind;
      }
      return kinds;
    },
  };
}
