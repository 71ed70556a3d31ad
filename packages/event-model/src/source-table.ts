import type { RawRecord } from './decoder.ts';
import type { FieldValue } from './field-value.ts';
import type { PlannedSource, ProfilePlan } from './profile-plan.ts';
import { createValueDictionary, type ValueDictionary } from './value-dictionary.ts';

/** The rows of one source in one batch, as they are collected. Codes of one field lie beside each other. */
export interface SourceRows {
  length: number;
  readonly records: RawRecord[];
  readonly lines: number[];
  readonly fileLines: (number | undefined)[];
  readonly starts: number[];
  readonly ends: number[];
  readonly shapes: number[];
  readonly kinds: number[];
  readonly times: number[];
  readonly receivedTimes: number[];
  /** What event ids are made of: never the clock of this process, so that a replay makes the same ids. */
  readonly idTimes: number[];
  /** By field number; undefined where no row has the field. */
  readonly codes: (Uint32Array | undefined)[];
}

/**
 * Attribute dictionaries and the mappings from field codes to their codes. Replaced as a whole when a field's dictionary
 * is, so that a batch that still holds the former one goes on speaking of the codes it knows.
 */
export interface AttributeGeneration {
  dictionary(path: string): ValueDictionary;
  /** Codes of attribute values by codes of field values; 0 is "not asked yet", 1 "yields nothing", else the code + 1. */
  mappedCodes(source: PlannedSource): number[];
  readonly bytes: number;
}

/**
 * What a source keeps from batch to batch: a dictionary per field and per attribute, the kinds that were decided and the
 * attribute values that were mapped. All of it is keyed by codes and lives as long as the dictionaries it speaks of.
 */
export interface SourceTable {
  readonly plan: ProfilePlan;
  readonly bytes: number;
  dictionary(field: number): ValueDictionary;
  readonly attributes: AttributeGeneration;
  /** Number of the event's kind. `codeOf` yields the code of a field in this event. */
  kindOf(codeOf: (field: number) => number): number;
  /** Replaces the dictionaries that have outgrown `maxBytes`; batches made before keep theirs. */
  startGeneration(maxBytes: number): void;
  /** Replaces all dictionaries. */
  forget(): void;
}

const maxDecided = 20_000;
/** Together the attributes of a source may hold as much as this many full dictionaries. */
const maxAttributeDictionaries = 4;

export function createSourceTable(plan: ProfilePlan): SourceTable {
  const dictionaries: (ValueDictionary | undefined)[] = [];
  let attributes = createAttributeGeneration();
  let decided = new Map<string, number>();

  const decide = (codeOf: (field: number) => number): number => {
    const found = plan.kinds.findIndex((kind) =>
      kind.tests.every((test) => {
        const code = codeOf(test.field);
        const value: FieldValue | undefined =
          code === 0 ? undefined : dictionaries[test.field]?.valueOf(code);
        return test.holds(value);
      }),
    );
    if (found === -1)
      throw new Error(`The last kind of source profile ${plan.profile.id} must hold for every event.`);
    return found;
  };
  const table: SourceTable = {
    plan,
    get bytes() {
      let bytes = 0;
      for (const dictionary of dictionaries) bytes += dictionary?.bytes ?? 0;
      return bytes + attributes.bytes;
    },
    dictionary(field) {
      let dictionary = dictionaries[field];
      if (dictionary === undefined) {
        dictionary = createValueDictionary();
        dictionaries[field] = dictionary;
      }
      return dictionary;
    },
    get attributes() {
      return attributes;
    },
    kindOf(codeOf) {
      let key = '';
      for (const { field, presenceOnly } of plan.deciding) {
        const code = codeOf(field);
        // A field that is there with the value null counts as absent, so presence cannot be told from the code alone.
        const isThere = code !== 0 && dictionaries[field]?.valueOf(code) !== null;
        key += presenceOnly ? (isThere ? '1,' : '0,') : `${code},`;
      }
      let kind = decided.get(key);
      if (kind === undefined) {
        kind = decide(codeOf);
        if (decided.size >= maxDecided) decided.clear();
        decided.set(key, kind);
      }
      return kind;
    },
    startGeneration(maxBytes) {
      let replaced = attributes.bytes > maxAttributeDictionaries * maxBytes;
      for (const [field, dictionary] of dictionaries.entries()) {
        if (dictionary === undefined || dictionary.bytes <= maxBytes) continue;
        dictionaries[field] = createValueDictionary();
        replaced = true;
      }
      if (replaced) {
        decided = new Map();
        attributes = createAttributeGeneration();
      }
    },
    forget() {
      dictionaries.length = 0;
      attributes = createAttributeGeneration();
      decided = new Map();
    },
  };
  return table;
}

function createAttributeGeneration(): AttributeGeneration {
  const dictionaries = new Map<string, ValueDictionary>();
  const mapped = new Map<PlannedSource, number[]>();
  return {
    dictionary: (path) => entry(dictionaries, path, createValueDictionary),
    mappedCodes: (source) => entry(mapped, source, () => []),
    get bytes() {
      let bytes = 0;
      for (const dictionary of dictionaries.values()) bytes += dictionary.bytes;
      return bytes;
    },
  };
}

function entry<K, V>(map: Map<K, V>, key: K, create: () => V): V {
  let value = map.get(key);
  if (value === undefined) {
    value = create();
    map.set(key, value);
  }
  return value;
}
