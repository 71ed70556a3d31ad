import { partOf } from '../alias-part.ts';
import { identityTransform, transforms } from '../attribute-transform.ts';
import { type ParsedTime, parseEventTime } from '../event-time.ts';
import { compileFieldTest, type FieldTest } from '../field-test.ts';
import type { FieldValue, Scalar } from '../field-value.ts';
import type { AliasPath, AttributeSource, SourceProfile, SourceShape } from '../source-profile.ts';
import { readPlainJson } from './plain-json.ts';

/** What an event is, found in the plainest way: parsed whole, then a search from the root for every single question. */
export interface ReferenceEvent {
  readonly profile: SourceProfile;
  /** Number of the kind within the profile. */
  readonly kind: number;
  readonly time: ParsedTime;
  field(name: string): FieldValue | undefined;
  attribute(path: string): FieldValue | undefined;
}

/** @param named id of the profile that the record's header names. */
export function referenceEvent(
  event: object,
  profiles: readonly SourceProfile[],
  named?: string,
): ReferenceEvent {
  const { profile, shape } = recognize(event, profiles, named);
  const known = new Map<string, FieldValue | undefined>();
  const field = (name: string): FieldValue | undefined => {
    if (!known.has(name)) known.set(name, fieldIn(event, shape, name));
    return known.get(name);
  };
  const holds = (test: FieldTest): boolean => compileFieldTest(test)(field(test.field));
  const kind = profile.kinds.findIndex((one) => one.when.every(holds));
  const attributes = { ...profile.attributes, ...profile.kinds[kind]?.attributes };
  let time: ParsedTime;
  for (const { field: name, format } of profile.time) {
    const value = field(name);
    time ??= value === undefined ? undefined : parseEventTime(value, format);
  }
  return {
    profile,
    kind,
    time,
    field,
    attribute(path) {
      const sources: AttributeSource | readonly AttributeSource[] = attributes[path] ?? [];
      for (const source of Array.isArray(sources) ? sources : [sources]) {
        const value = attributeFrom(source as AttributeSource, field);
        if (value !== undefined && value !== null) return value;
      }
      return undefined;
    },
  };
}

/** What a JSON text means, with whole numbers that a double cannot hold, and numbers past its range, as their own text. */
export function parseReference(text: string): unknown {
  const plain: unknown = JSON.parse(text);
  // Some texts `JSON.parse` takes, but reads otherwise.
  const isSure = !/\d{16}|[eE]\+?0*\d{3}|\\.[^"\\]*"\s*:/s.test(text);
  return isSure ? plain : readPlainJson(text);
}

interface Occurrence {
  readonly value: Scalar;
  readonly isListed: boolean;
  readonly isObject: boolean;
}

/** A path, and for each of its segments the keys that begin there: the segment alone, with the next one, and so on. */
interface Path {
  readonly segments: readonly string[];
  readonly keys: readonly (readonly string[])[];
}

const paths = new Map<string, Path>();

function pathOf(text: string): Path {
  let path = paths.get(text);
  if (path === undefined) {
    const segments = text.split('.');
    const keys = segments.map((_, from) => {
      const rest = segments.slice(from);
      const literal = rest.includes('*') ? rest.slice(0, rest.indexOf('*')) : rest;
      return literal.map((_, to) => literal.slice(0, to + 1).join('.'));
    });
    path = { segments, keys };
    paths.set(text, path);
  }
  return path;
}

/** Everything at a path, in the order of the event's keys. A key may hold several segments of the path. */
function occurrences(event: object, text: string): readonly Occurrence[] {
  const { segments, keys } = pathOf(text);
  const found: Occurrence[] = [];
  const meet = (value: unknown, from: number, isListed: boolean): void => {
    if (Array.isArray(value)) {
      for (const element of value) meet(element, from, true);
    } else if (typeof value === 'object' && value !== null) {
      if (from === segments.length) found.push({ value: JSON.stringify(value), isListed, isObject: true });
      else descend(value, from, isListed);
    } else if (from === segments.length) found.push({ value: value as Scalar, isListed, isObject: false });
  };
  const descend = (value: object, from: number, isListed: boolean): void => {
    const members = value as Readonly<Record<string, unknown>>;
    if (segments[from] === '*') {
      for (const key of Object.keys(value)) meet(members[key], from + 1, isListed);
      return;
    }
    const own: { readonly key: string; readonly to: number }[] = [];
    for (const [index, key] of (keys[from] ?? []).entries())
      if (Object.hasOwn(value, key)) own.push({ key, to: from + index + 1 });
    const order = own.length > 1 ? Object.keys(value) : [];
    own.sort((one, other) => order.indexOf(one.key) - order.indexOf(other.key));
    for (const { key, to } of own) meet(members[key], to, isListed);
  };
  descend(event, 0, false);
  return found;
}

/** The first path that holds a value decides; objects count only when no path holds anything else. */
function fieldIn(event: object, shape: SourceShape, name: string): FieldValue | undefined {
  const aliases = (Object.hasOwn(shape.aliases ?? {}, name) ? shape.aliases?.[name] : undefined) ?? [];
  const paths: readonly AliasPath[] = [...aliases, ...shape.prefixes.map((prefix) => prefix + name)];
  const found = paths.map((path) => {
    if (typeof path === 'string') return occurrences(event, path);
    return occurrences(event, path.path).flatMap((one) => {
      const value = partOf(one.value, path.as);
      return value === undefined ? [] : [{ ...one, value }];
    });
  });
  const scalars = found.map((list) => list.filter((one) => !one.isObject)).find((list) => list.length > 0);
  const objects = found.map((list) => list.filter((one) => one.isObject)).find((list) => list.length > 0);
  return together(scalars ?? objects ?? []);
}

/** The last value, or all at the end of the row that stand in arrays. */
function together(list: readonly Occurrence[]): FieldValue | undefined {
  const last = list.at(-1);
  if (last === undefined || !last.isListed) return last?.value;
  return list.slice(list.findLastIndex((one) => !one.isListed) + 1).map((one) => one.value);
}

function recognize(
  event: object,
  profiles: readonly SourceProfile[],
  named: string | undefined,
): { readonly profile: SourceProfile; readonly shape: SourceShape } {
  const asked = profiles.filter((profile) => named === undefined || profile.id === named);
  for (const profile of asked) {
    for (const shape of profile.shapes) {
      if (shape.when.every((test) => holdsAt(event, test))) return { profile, shape };
    }
  }
  const [profile] = asked;
  const shape = profile?.shapes[0];
  if (profile === undefined || shape === undefined) throw new Error(`No profile is called "${named}".`);
  return { profile, shape };
}

function holdsAt(event: object, test: FieldTest): boolean {
  const found = occurrences(event, test.field);
  const isThere = found.some((one) => one.value !== null);
  if (test.present === false) return !isThere;
  if (test.is === undefined && test.prefix === undefined) return isThere;
  const holds = compileFieldTest(test);
  return found.some((one) => !one.isObject && holds(one.value));
}

function attributeFrom(
  source: AttributeSource,
  field: (name: string) => FieldValue | undefined,
): FieldValue | undefined {
  if (typeof source !== 'string' && 'value' in source) return source.value;
  if (typeof source !== 'string' && 'joined' in source) {
    const values = source.joined.map(field).filter((value) => value !== undefined);
    return values.length === 0 ? undefined : values.map(String).join(' ');
  }
  const value = field(typeof source === 'string' ? source : source.field);
  if (value === undefined) return undefined;
  if (typeof source === 'string') return identityTransform(value);
  if ('as' in source) return transforms[source.as](value);
  const text = identityTransform(value);
  if (text === undefined) return undefined;
  const entry = Object.entries(source.map).find(
    ([from]) => from.toLowerCase() === String(text).toLowerCase(),
  );
  return entry === undefined ? source.otherwise : entry[1];
}
