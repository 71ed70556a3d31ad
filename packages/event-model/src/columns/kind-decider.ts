import { createSequenceMemo } from '../decode/sequence-memo.ts';
import type { FieldValue } from '../field-value.ts';
import type { PlannedTest, ProfilePlan } from '../profile-plan.ts';
import type { ValueDictionary } from './value-dictionary.ts';

/** Says what kind of event a row is. What a value answers to the kinds' tests is asked once per distinct value. */
export interface KindDecider {
  /** Number of the event's kind. `codeOf` yields the code of a field in this event. */
  kindOf(codeOf: (field: number) => number, dictionaryOf: (field: number) => ValueDictionary): number;
}

interface DecidingField {
  readonly field: number;
  readonly presenceOnly: boolean;
  readonly tests: readonly PlannedTest[];
  /** Answers to all tests, as text, and the number of each different one. */
  readonly classes: Map<string, number>;
  /** A value that stands for each class: it answers every test as the others of its class do. */
  readonly examples: (FieldValue | undefined)[];
  dictionary: ValueDictionary | undefined;
  /** Class of each code plus one, 0 where not asked yet. */
  byCode: Uint16Array;
}

const maxDecided = 8_192;

export function createKindDecider(plan: ProfilePlan): KindDecider {
  const fields = plan.deciding.map(
    ({ field, presenceOnly }): DecidingField => ({
      field,
      presenceOnly,
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
  const classOfCode = (field: DecidingField, code: number, dictionary: ValueDictionary): number => {
    if (field.dictionary !== dictionary) {
      field.dictionary = dictionary;
      field.byCode = new Uint16Array(64);
    }
    if (code >= field.byCode.length) {
      const grown = new Uint16Array(code * 2);
      grown.set(field.byCode);
      field.byCode = grown;
    }
    let number = field.byCode[code] as number;
    if (number === 0) {
      number = classOf(field, code === 0 ? undefined : dictionary.valueOf(code)) + 1;
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
    kindOf(codeOf, dictionaryOf) {
      for (let index = 0; index < fields.length; index += 1) {
        const field = fields[index] as DecidingField;
        sequence[index] = classOfCode(field, codeOf(field.field), dictionaryOf(field.field));
      }
      const known = decided.get(sequence, fields.length);
      if (known !== -1) return known;
      const kind = decide();
      decided.set(sequence, fields.length, kind);
      return kind;
    },
  };
}
