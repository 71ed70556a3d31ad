import type { PlannedSource } from '../profile-plan.ts';
import type { OwnColumn } from './attribute-columns.ts';
import type { CodePool } from './code-pool.ts';
import type { Column } from './event-batch.ts';
import { type Copied, copied, foreign, type ValueDictionary } from './value-dictionary.ts';

type FieldSource = Extract<PlannedSource, { kind: 'field' }>;

/**
 * Attributes whose values are those of one field as they are written: their column is the field's own, so that nothing is looked
 * up. What the attribute takes in another form (an address in upper case) or not at all (`-`) is translated within the field's
 * dictionary, once per distinct value.
 */
export interface CopiedAttributes {
  bytes(): number;
  /**
   * The column of the attribute where `own` lists the rows, by kind, that have it from this source; undefined where no row has it, or
   * where a value in spans is not copied: it has no code to be translated to.
   */
  column(
    source: FieldSource,
    what: Copied,
    field: OwnColumn,
    own: readonly Uint32Array[],
  ): Column | undefined;
  /** Forgets what is known of dictionaries that were given up. */
  startGeneration(isCurrent: (field: number, dictionary: ValueDictionary) => boolean): void;
  forget(): void;
}

/** The attribute's codes by those of the field, both of the field's dictionary. */
interface Translation {
  readonly dictionary: ValueDictionary;
  /** Codes below were looked at. */
  examined: number;
  /** Undefined as long as every code means itself. */
  codes: Uint32Array | undefined;
}

export function createCopiedAttributes(pool: CodePool): CopiedAttributes {
  const translations = new Map<FieldSource, Translation>();

  const translationOf = (source: FieldSource, what: Copied, dictionary: ValueDictionary): Translation => {
    let translation = translations.get(source);
    if (translation?.dictionary !== dictionary) {
      translation = { dictionary, examined: 1, codes: undefined };
      translations.set(source, translation);
    }
    examine(translation, source, what);
    return translation;
  };

  return {
    bytes() {
      let bytes = 0;
      for (const { codes } of translations.values()) bytes += codes?.byteLength ?? 0;
      return bytes;
    },
    column(source, what, field, own) {
      const isWhole = own.reduce((sum, rows) => sum + rows.length, 0) === field.codes.length;
      if ('spans' in field) {
        if (!field.spans.isEachCopied(what)) return undefined;
        const column = { dictionary: field.spans, codes: field.codes };
        return isWhole ? column : chosen(column, own, pool);
      }
      const { codes } = translationOf(source, what, field.dictionary);
      return isWhole && codes === undefined ? field : chosen(field, own, pool, codes);
    },
    startGeneration(isCurrent) {
      for (const [source, { dictionary }] of translations) {
        if (!isCurrent(source.field, dictionary)) translations.delete(source);
      }
    },
    forget: () => translations.clear(),
  };
}

/** Looks at the codes that are new. What they are translated to may be newer still, and is looked at the next time. */
function examine(translation: Translation, source: FieldSource, what: Copied): void {
  const { dictionary } = translation;
  const { size } = dictionary;
  for (let code = translation.examined; code < size; code += 1) {
    const taken = dictionary.taken(code, what);
    let target = taken === copied ? code : 0;
    if (taken === foreign) {
      const value = source.map(dictionary.valueOf(code));
      if (value !== undefined && value !== null) target = dictionary.codeOf(value);
    }
    if (target !== code) translation.codes ??= identity(new Uint32Array(size), 0);
    const { codes } = translation;
    if (codes === undefined) continue;
    const known = code < codes.length ? codes : grown(codes, Math.max(size, codes.length * 2));
    known[code] = target;
    translation.codes = known;
  }
  translation.examined = size;
}

function identity(codes: Uint32Array, from: number): Uint32Array {
  for (let code = from; code < codes.length; code += 1) codes[code] = code;
  return codes;
}

function grown(codes: Uint32Array, size: number): Uint32Array {
  const more = new Uint32Array(size);
  more.set(codes);
  return identity(more, codes.length);
}

/** The rows' codes, translated where there is a translation. */
function chosen(
  { dictionary, codes: from }: Column,
  own: readonly Uint32Array[],
  pool: CodePool,
  translation?: Uint32Array,
): Column | undefined {
  const codes = pool.take(from.length);
  let any = 0;
  for (const rows of own) {
    for (let index = 0; index < rows.length; index += 1) {
      const row = rows[index] as number;
      const code = from[row] as number;
      const target = translation === undefined ? code : (translation[code] as number);
      codes[row] = target;
      any |= target;
    }
  }
  return any === 0 ? undefined : { dictionary, codes };
}
