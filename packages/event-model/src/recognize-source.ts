import { compileFieldTest } from './field-test.ts';
import type { FieldValue, Scalar } from './field-value.ts';
import type { SourceProfile } from './source-profile.ts';

export interface RecognizedSource {
  readonly profile: number;
  readonly shape: number;
}

/** Says which profile and shape an event is of. Profiles and their shapes are tried in order. */
export interface SourceRecognizer {
  recognize(event: object): RecognizedSource | undefined;
  /** The shape within one profile; the first one when none is recognised. */
  shapeWithin(profile: number, event: object): number;
}

export function createSourceRecognizer(profiles: readonly SourceProfile[]): SourceRecognizer {
  const shapes = profiles.map((profile) =>
    profile.shapes.map((shape) =>
      shape.when.map((test) => ({
        path: test.field.split('.'),
        field: test.field,
        holds: compileFieldTest(test),
      })),
    ),
  );
  const shapeOf = (profile: number, event: object): number =>
    shapes[profile]?.findIndex((tests) =>
      tests.every((test) => test.holds(valueAt(event, test.field, test.path))),
    ) ?? -1;
  return {
    recognize(event) {
      for (let profile = 0; profile < shapes.length; profile += 1) {
        const shape = shapeOf(profile, event);
        if (shape !== -1) return { profile, shape };
      }
      return undefined;
    },
    shapeWithin: (profile, event) => Math.max(0, shapeOf(profile, event)),
  };
}

/** The value at a path: under a key that is the whole path, else nested. An object counts as there. */
function valueAt(event: object, field: string, path: readonly string[]): FieldValue | undefined {
  let value: unknown = ownValue(event, field);
  if (value === undefined && path.length > 1) {
    value = event;
    for (const key of path) {
      value = ownValue(value, key);
      if (value === undefined) return undefined;
    }
  }
  if (typeof value !== 'object' || value === null) return value as Scalar | undefined;
  return Array.isArray(value) ? value.filter((item) => typeof item !== 'object') : true;
}

function ownValue(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Record<string, unknown>)[key];
}
