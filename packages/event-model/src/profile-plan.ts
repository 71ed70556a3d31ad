import { identityTransform, transforms } from './attribute-transform.ts';
import type { Copied } from './columns/value-dictionary.ts';
import { fieldPaths } from './field-paths.ts';
import { compileFieldTest, type FieldTest } from './field-test.ts';
import type { FieldValue, Scalar } from './field-value.ts';
import type { LogSource } from './log-source.ts';
import { ocsfClasses } from './ocsf-class.ts';
import type { AttributeMap, AttributeSource, EventKind, SourceProfile } from './source-profile.ts';

/** One place an attribute's value may come from. `map` is asked once per distinct value of the field. */
export type PlannedSource =
  | {
      readonly kind: 'field';
      readonly field: number;
      readonly map: (value: FieldValue) => FieldValue | undefined;
      /** Values that are taken as they are written, so that `map` need not be asked: see `Copied`. */
      readonly copies: Copied | undefined;
    }
  | { readonly kind: 'joined'; readonly fields: readonly number[] }
  | { readonly kind: 'constant'; readonly value: Scalar };

export interface PlannedTest {
  readonly field: number;
  holds(value: FieldValue | undefined): boolean;
}

export interface PlannedKind {
  readonly tests: readonly PlannedTest[];
  readonly logSources: readonly LogSource[];
  readonly attributes: ReadonlyMap<string, readonly PlannedSource[]>;
}

/** A profile with its names resolved to field numbers. */
export interface ProfilePlan {
  readonly profile: SourceProfile;
  /** Fields that are read from each event: those that rules name and those that the profile itself needs. */
  readonly fields: readonly string[];
  /** The first so many fields are those that rules name. */
  readonly ruleFields: number;
  readonly fieldNumbers: ReadonlyMap<string, number>;
  /**
   * By field: the first field that is looked for at the same place before any other place, so that both mostly have the same
   * values; -1 where it is the first itself.
   */
  readonly twins: Int32Array;
  /** By field: 1 where all that is done with its values is to copy them, so that it matters little which of them are equal. */
  readonly copiedOnly: Uint8Array;
  readonly time: readonly {
    readonly field: number;
    readonly format: SourceProfile['time'][number]['format'];
  }[];
  /** Fields whose values (or presence) decide an event's kind. */
  readonly deciding: readonly { readonly field: number }[];
  readonly kinds: readonly PlannedKind[];
  /** All attribute paths that the profile can yield, sorted. */
  readonly attributePaths: readonly string[];
}

export function planProfile(profile: SourceProfile, wanted: ReadonlySet<string>): ProfilePlan {
  const numbers = new Map<string, number>();
  const numberOf = (name: string): number => {
    let number = numbers.get(name);
    if (number === undefined) {
      number = numbers.size;
      numbers.set(name, number);
    }
    return number;
  };
  for (const name of wanted) numberOf(name);
  const planned = new Map<string, PlannedSource>();
  // Kinds share most sources; sharing the planned ones lets an answer given for one kind serve all.
  const planOnce = (path: string, source: AttributeSource): PlannedSource => {
    const key = `${path} ${JSON.stringify(source)}`;
    const known = planned.get(key) ?? planSource(source, numberOf);
    planned.set(key, known);
    return known;
  };
  const kinds = profile.kinds.map((kind) => ({
    tests: kind.when.map((test) => planTest(test, numberOf)),
    logSources: kind.logSources,
    attributes: planAttributes(profile, kind, planOnce),
  }));
  const time = profile.time.map(({ field, format }) => ({ field: numberOf(field), format }));
  const paths = new Set(kinds.flatMap((kind) => [...kind.attributes.keys()]));
  paths.add('time');
  const fields = [...numbers.keys()];
  const deciding = decidingFields(kinds);
  return {
    profile,
    fields,
    twins: twinsOf(profile, fields, new Set(deciding.map(({ field }) => field))),
    copiedOnly: copiedOnly(fields.length, wanted.size, kinds),
    ruleFields: wanted.size,
    fieldNumbers: numbers,
    time,
    deciding,
    kinds,
    attributePaths: [...paths].sort((a, b) => (a < b ? -1 : 1)),
  };
}

/** OCSF severity by id. */
const severityNames = ['Unknown', 'Informational', 'Low', 'Medium', 'High', 'Critical', 'Fatal'] as const;

function planAttributes(
  profile: SourceProfile,
  kind: EventKind,
  plan: (path: string, source: AttributeSource) => PlannedSource,
): ReadonlyMap<string, readonly PlannedSource[]> {
  const { uid, name, category, categoryName } = ocsfClasses[kind.class];
  const [activityId, activityName] = kind.activity;
  const map: AttributeMap = {
    class_uid: { value: uid },
    class_name: { value: name },
    category_uid: { value: category },
    category_name: { value: categoryName },
    activity_id: { value: activityId },
    activity_name: { value: activityName },
    type_uid: { value: uid * 100 + activityId },
    severity_id: { value: kind.severity ?? 1 },
    severity: { value: severityNames[kind.severity ?? 1] ?? 'Unknown' },
    'metadata.product.name': { value: profile.product.name },
    ...(profile.product.vendor === undefined
      ? {}
      : { 'metadata.product.vendor_name': { value: profile.product.vendor } }),
    ...profile.attributes,
    ...kind.attributes,
  };
  const attributes = new Map<string, readonly PlannedSource[]>();
  for (const [path, sources] of Object.entries(map)) {
    attributes.set(
      path,
      asList(sources).map((source) => plan(path, source)),
    );
  }
  return attributes;
}

const copiedBy: Partial<Record<keyof typeof transforms, Copied>> = {
  number: 'numbers',
  address: 'addresses',
};

function planSource(source: AttributeSource, numberOf: (name: string) => number): PlannedSource {
  if (typeof source === 'string')
    return { kind: 'field', field: numberOf(source), map: identityTransform, copies: 'values' };
  if ('value' in source) return { kind: 'constant', value: source.value };
  if ('joined' in source) return { kind: 'joined', fields: source.joined.map(numberOf) };
  if ('as' in source) {
    const copies = copiedBy[source.as];
    return { kind: 'field', field: numberOf(source.field), map: transforms[source.as], copies };
  }
  const values = new Map(Object.entries(source.map).map(([from, to]) => [from.toLowerCase(), to]));
  const { otherwise } = source;
  return {
    kind: 'field',
    field: numberOf(source.field),
    copies: undefined,
    map: (value) => {
      const known = identityTransform(value);
      return known === undefined ? undefined : (values.get(String(known).toLowerCase()) ?? otherwise);
    },
  };
}

function planTest(test: FieldTest, numberOf: (name: string) => number): PlannedTest {
  return {
    field: numberOf(test.field),
    holds: compileFieldTest(test),
  };
}

function decidingFields(kinds: readonly PlannedKind[]): ProfilePlan['deciding'] {
  const fields = new Set(kinds.flatMap((kind) => kind.tests.map((test) => test.field)));
  return Array.from(fields, (field) => ({ field }));
}

/** Fields that decide must have a dictionary of their own. */
function twinsOf(
  profile: SourceProfile,
  fields: readonly string[],
  deciding: ReadonlySet<number>,
): Int32Array {
  const first = new Map<string, number>();
  return Int32Array.from(fields, (name, field) => {
    const place = JSON.stringify(profile.shapes.map((shape) => fieldPaths(shape, name)[0]));
    const known = first.get(place);
    if (known === undefined) first.set(place, field);
    return known === undefined || deciding.has(field) ? -1 : known;
  });
}

function copiedOnly(fields: number, ruleFields: number, kinds: readonly PlannedKind[]): Uint8Array {
  const only = new Uint8Array(fields).fill(1).fill(0, 0, ruleFields);
  for (const { tests, attributes } of kinds) {
    for (const { field } of tests) only[field] = 0;
    for (const source of [...attributes.values()].flat()) {
      if (source.kind === 'joined') for (const field of source.fields) only[field] = 0;
      else if (source.kind === 'field' && source.copies === undefined) only[source.field] = 0;
    }
  }
  return only;
}

function asList(sources: AttributeSource | readonly AttributeSource[]): readonly AttributeSource[] {
  return Array.isArray(sources) ? sources : [sources as AttributeSource];
}
