import type { EventBatch } from './event-batch.ts';
import type { FieldTest } from './field-test.ts';
import { type PlannedSource, type ProfilePlan, planProfile } from './profile-plan.ts';
import { createSourceRecognizer } from './recognize-source.ts';
import type { SourceProfile, SourceShape } from './source-profile.ts';

/** What was made of one event, and why. */
export interface EventExplanation {
  readonly profile: SourceProfile;
  readonly shape: SourceShape;
  /** Which fields of the source each attribute was taken from; constants are left out. */
  readonly mapped: readonly { readonly field: string; readonly attribute: string }[];
}

/** Says what the decoder made of events. For people who ask about some events, not for streams. */
export interface SourceExplainer {
  /** About one row of a decoded batch; `event` is the row's raw event, parsed. */
  explain(event: object, batch: EventBatch, row: number): EventExplanation;
  /** The source's own fields that its profile looks at. */
  fieldsOf(profile: SourceProfile): readonly string[];
}

/** @throws {RangeError} from `explain` when the batch is of a source that none of the profiles is. */
export function createSourceExplainer(profiles: readonly SourceProfile[]): SourceExplainer {
  const recognizer = createSourceRecognizer(profiles);
  const numbers = new Map(profiles.map((profile, number) => [profile.id, number]));
  const plans = new Map<SourceProfile, ProfilePlan>();
  const planOf = (profile: SourceProfile): ProfilePlan => {
    let plan = plans.get(profile);
    if (plan === undefined) {
      plan = planProfile(profile, new Set());
      plans.set(profile, plan);
    }
    return plan;
  };
  return {
    explain(event, batch, row) {
      const number = numbers.get(batch.source);
      const profile = number === undefined ? undefined : profiles[number];
      if (number === undefined || profile === undefined)
        throw new RangeError(`No source profile is called "${batch.source}".`);
      const shape = profile.shapes[recognizer.shapeWithin(number, event)];
      if (shape === undefined) throw new RangeError(`The source profile ${profile.id} has no shape.`);
      return { profile, shape, mapped: mappedOf(planOf(profile), batch, row) };
    },
    fieldsOf: (profile) => planOf(profile).fields,
  };
}

/** Where a field may be in events of a shape: aliases before prefixes, `*` for any one key. */
export function pathsOfField(shape: SourceShape, field: string): readonly string[] {
  const aliases =
    shape.aliases !== undefined && Object.hasOwn(shape.aliases, field) ? shape.aliases[field] : undefined;
  return [
    ...(aliases ?? []).map((path) => (typeof path === 'string' ? path : path.path)),
    ...shape.prefixes.map((prefix) => prefix + field),
  ];
}

/** Vendor and product, without saying a name twice. */
export function productName({ product: { name, vendor } }: Pick<SourceProfile, 'product'>): string {
  return vendor === undefined || name.startsWith(vendor) ? name : `${vendor} ${name}`;
}

/** A test as people say it. */
export function describeFieldTest({ field, is, prefix, present }: FieldTest): string {
  if (present === false) return `${field} is not there`;
  if (is !== undefined) return `${field} is ${oneOf(is.map(String))}`;
  return prefix === undefined ? `${field} is there` : `${field} starts with ${oneOf(prefix)}`;
}

const maxListed = 4;

function oneOf(values: readonly string[]): string {
  const more = values.length - maxListed;
  return more > 1 ? `${values.slice(0, maxListed).join(', ')} or one of ${more} others` : values.join(' or ');
}

function mappedOf(plan: ProfilePlan, batch: EventBatch, row: number): EventExplanation['mapped'] {
  const kind = plan.kinds[batch.routes[row] ?? -1];
  const mapped: { field: string; attribute: string }[] = [];
  for (const [attribute, sources] of kind?.attributes ?? []) {
    for (const source of sources) {
      const fields = fieldsThatYield(source, plan, (field) => columnValue(batch, row, field));
      if (fields === undefined) continue;
      for (const field of fields) mapped.push({ field, attribute });
      break;
    }
  }
  return mapped;
}

/** The fields that an attribute is made of; undefined when this source yields nothing for the event. */
function fieldsThatYield(
  source: PlannedSource,
  plan: ProfilePlan,
  valueAt: (field: string) => ReturnType<typeof columnValue>,
): readonly string[] | undefined {
  if (source.kind === 'constant') return [];
  if (source.kind === 'joined') {
    const there = source.fields
      .map((field) => plan.fields[field] ?? '')
      .filter((field) => valueAt(field) !== undefined);
    return there.length === 0 ? undefined : there;
  }
  const field = plan.fields[source.field] ?? '';
  const value = valueAt(field);
  const made = value === undefined ? undefined : source.map(value);
  return made === undefined || made === null ? undefined : [field];
}

function columnValue(batch: EventBatch, row: number, field: string) {
  const column = batch.field(field);
  const code = column?.codes[row] ?? 0;
  return code === 0 ? undefined : column?.dictionary.valueOf(code);
}
