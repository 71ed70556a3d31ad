import type { ProfilePlan } from '../profile-plan.ts';
import { type AttributeTable, createAttributeTable } from './attribute-columns.ts';
import { createKindDecider } from './kind-decider.ts';
import { createValueDictionary, type ValueDictionary } from './value-dictionary.ts';

/**
 * What a source keeps from batch to batch: a dictionary per field and per attribute, and what was learned of their codes. All of
 * it lives as long as the dictionaries it speaks of.
 */
export interface SourceTable {
  readonly plan: ProfilePlan;
  readonly bytes: number;
  readonly attributes: AttributeTable;
  dictionary(field: number): ValueDictionary;
  /** Number of the event's kind. `codeOf` yields the code of a field in this event. */
  kindOf(codeOf: (field: number) => number): number;
  /** Replaces the dictionaries that have outgrown `maxBytes`; batches made before keep theirs. */
  startGeneration(maxBytes: number): void;
  /** Replaces all dictionaries. */
  forget(): void;
}

export function createSourceTable(plan: ProfilePlan): SourceTable {
  const dictionaries: (ValueDictionary | undefined)[] = [];
  const attributes = createAttributeTable(plan);
  const decider = createKindDecider(plan);
  const dictionary = (field: number): ValueDictionary => {
    let known = dictionaries[field];
    if (known === undefined) {
      known = createValueDictionary();
      dictionaries[field] = known;
    }
    return known;
  };
  return {
    plan,
    attributes,
    dictionary,
    get bytes() {
      let bytes = attributes.bytes;
      for (const known of dictionaries) bytes += known?.bytes ?? 0;
      return bytes;
    },
    kindOf: (codeOf) => decider.kindOf(codeOf, dictionary),
    startGeneration(maxBytes) {
      for (const [field, known] of dictionaries.entries()) {
        if (known !== undefined && known.bytes > maxBytes) dictionaries[field] = undefined;
      }
      attributes.startGeneration(maxBytes);
    },
    forget() {
      dictionaries.length = 0;
      attributes.forget();
    },
  };
}
