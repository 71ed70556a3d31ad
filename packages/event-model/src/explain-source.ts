import type { EventBatch } from './columns/event-batch.ts';
import type { FieldTest } from './field-test.ts';
import { type PlannedSource, type ProfilePlan, planProfile } from './profile-plan.ts';
import type { SourceProfile, SourceShape } from './source-profile.ts';

/** One shape of a source as a profile of its own, so that a decoder's batches say which shape their events have. */
export interface ShapeProfile extends SourceProfile {
  readonly source: SourceProfile;
  readonly shape: SourceShape;
  /** False where the events have this shape only because their source was named and they have none of its shapes. */
  readonly recognised: boolean;
}

/**
 * The shapes of profiles, to be given to `createDecoder` in place of them: it recognises the same events in the same order.
 * `named` takes every event for one of that source, as the header `parapet-source` does.
 * @throws {RangeError} when none of the profiles is called `named`.
 */
export function profilesOfShapes(
  profiles: readonly SourceProfile[],
  named?: string,
): readonly ShapeProfile[] {
  const ofShape = (source: SourceProfile, shape: SourceShape, recognised: boolean): ShapeProfile => ({
    ...source,
    id: `${source.id} ${recognised ? shape.id : ''}`,
    shapes: [recognised ? shape : { ...shape, when: [] }],
    source,
    shape,
    recognised,
  });
  const all = (source: SourceProfile): readonly ShapeProfile[] =>
    source.shapes.map((shape) => ofShape(source, shape, true));
  if (named === undefined) return profiles.flatMap(all);
  const source = profiles.find(({ id }) => id === named);
  const first = source?.shapes[0];
  if (source === undefined || first === undefined)
    throw new RangeError(`No source profile is called "${named}".`);
  return [...all(source), ofShape(source, first, false)];
}

/** Says what the decoder made of events. For people who ask about some events, not for streams. */
export interface SourceExplainer {
  /** Which fields of the source each attribute of an event was taken from; constants are left out. */
  mapped(batch: EventBatch, row: number): readonly { readonly field: string; readonly attribute: string }[];
  /** The source's own fields that its profile looks at. */
  readonly fields: readonly string[];
}

/** Explains batches that were decoded by this profile. */
export function createSourceExplainer(profile: SourceProfile): SourceExplainer {
  const plan = planProfile(profile, new Set());
  return { fields: plan.fields, mapped: (batch, row) => mappedOf(plan, batch, row) };
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

function mappedOf(plan: ProfilePlan, batch: EventBatch, row: number): ReturnType<SourceExplainer['mapped']> {
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
