import type { DecodeCore } from '../decode/core/decode-core.ts';
import type { ProfilePlan } from '../profile-plan.ts';
import { type AttributeTable, createAttributeTable } from './attribute-columns.ts';
import { type CodePool, createCodePool } from './code-pool.ts';
import { createEarlyCodes, type EarlyCodes } from './early-codes.ts';
import { createEarlyNumbers, type EarlyNumbers } from './early-numbers.ts';
import { createEarlyScans, type EarlyScans } from './early-scans.ts';
import { createKindDecider, type KindDecider } from './kind-decider.ts';
import { createAttributePlans, type PlannedAttributes } from './planned-attributes.ts';
import { createValueDictionary, type ValueDictionary } from './value-dictionary.ts';

/**
 * What a source keeps from batch to batch: a dictionary per field and per attribute, and what was learned of their codes. All of
 * it lives as long as the dictionaries it speaks of.
 */
export interface SourceTable {
  readonly plan: ProfilePlan;
  bytes(): number;
  readonly attributes: AttributeTable;
  /** The attributes that events of these kinds may have. */
  plannedFor(kinds: readonly number[]): PlannedAttributes;
  /** By field: 1 where values hardly come again, so that they are not looked up. Changes between batches only. */
  readonly spanned: Uint8Array;
  /** Columns of the batch that is being made. */
  readonly pool: CodePool;
  dictionary(field: number): ValueDictionary;
  readonly early: EarlyCodes;
  readonly numbers: EarlyNumbers;
  /** Texts that are looked for near the events' bytes. */
  readonly scans: EarlyScans;
  readonly kinds: KindDecider;
  /**
   * Begins the next batch: replaces the dictionaries that have outgrown `maxBytes`, and uses the memory of the last batch's columns
   * again.
   */
  startGeneration(maxBytes: number): void;
  /** Replaces all dictionaries. */
  forget(): void;
}

/** Distinct values after which it is known how often the values of a field come again. */
const enoughValues = 4_096;
/**
 * A field that rules ask about is worth looking up when one value in ten was there before, since a question costs more than
 * looking up ten values; any other field when every second one was.
 */
const ruleFieldRepeats = 1.1;
const otherFieldRepeats = 2;
/** Batches after which it is tried again whether values come again. */
const batchesUntilTrial = 256;

export function createSourceTable(plan: ProfilePlan, core: DecodeCore): SourceTable {
  // The kinds' tests are asked of a dictionary's values.
  const fixed = new Set(plan.deciding.map(({ field }) => field));
  const dictionaries: (ValueDictionary | undefined)[] = [];
  const pool = createCodePool();
  const attributes = createAttributeTable(pool);
  const spanned = new Uint8Array(plan.fields.length);
  const untilTrial = new Uint16Array(plan.fields.length);
  const mayBeSpanned = Uint8Array.from(plan.fields, (_, field) => (fixed.has(field) ? 0 : 1));

  const dictionary = (field: number): ValueDictionary => {
    let known = dictionaries[field];
    if (known === undefined) {
      known = createValueDictionary(core.memory);
      dictionaries[field] = known;
    }
    return known;
  };
  /** Whether a column of the field may have the dictionary: its own, or its twin's. */
  const isCurrent = (field: number, known: ValueDictionary): boolean =>
    dictionaries[field] === known || dictionaries[plan.twins[field] as number] === known;
  const scans = createEarlyScans(core);
  const numbers = createEarlyNumbers(core, (field) => spanned[field] === 1);
  const early = createEarlyCodes(core, (field) => (spanned[field] === 1 ? undefined : dictionary(field)));
  const drop = (field: number): void => {
    dictionaries[field]?.release();
    dictionaries[field] = undefined;
  };
  const review = (field: number, known: ValueDictionary, maxBytes: number): void => {
    const least = field < plan.ruleFields ? ruleFieldRepeats : otherFieldRepeats;
    if (mayBeSpanned[field] === 1 && known.size > enoughValues && known.asked < least * known.size) {
      spanned[field] = 1;
      untilTrial[field] = batchesUntilTrial;
      drop(field);
    } else if (known.bytes > maxBytes) drop(field);
  };
  return {
    plan,
    attributes,
    plannedFor: createAttributePlans(plan),
    spanned,
    pool,
    kinds: createKindDecider(plan),
    dictionary,
    early,
    numbers,
    scans,
    bytes() {
      let bytes = attributes.bytes();
      for (const known of dictionaries) bytes += known?.bytes ?? 0;
      return bytes;
    },
    startGeneration(maxBytes) {
      for (let field = 0; field < spanned.length; field += 1) {
        const known = dictionaries[field];
        if (known !== undefined) review(field, known, maxBytes);
        else if (spanned[field] === 1) {
          untilTrial[field] = (untilTrial[field] as number) - 1;
          if (untilTrial[field] === 0) spanned[field] = 0;
        }
      }
      attributes.startGeneration(maxBytes, isCurrent);
      pool.reset();
      early.begin();
      numbers.begin();
      scans.begin();
    },
    forget() {
      for (let field = 0; field < dictionaries.length; field += 1) drop(field);
      attributes.forget();
    },
  };
}
