import type { ColumnBatch, FieldValue, Scalar } from './column-batch.ts';

/** A JSON event as an object. */
export type EventObject = Readonly<Record<string, unknown>>;

const maxDepth = 64;

/** One event as a batch of one row. */
export function singleEvent(event: EventObject): ColumnBatch {
  const codes = Uint32Array.of(1);
  return {
    length: 1,
    field(name) {
      const value = fieldValue(event, name);
      return value === undefined ? undefined : { dictionary: { size: 2, valueOf: () => value }, codes };
    },
    values: () => scalarsOf(event, 0),
  };
}

/**
 * A field of an event: the key of exactly that name if there is one, else the name is read as a path through nested
 * objects (`a.b.c`; a key may hold dots itself). A path that runs through a list yields what it finds in each element.
 * An object is its JSON text: rules look into `requestParameters` of CloudTrail so. Undefined when the field is absent.
 */
export function fieldValue(event: EventObject, name: string): FieldValue | undefined {
  const found: Scalar[] = [];
  let isList = false;
  const collect = (value: unknown): void => {
    if (Array.isArray(value)) {
      isList = true;
      value.forEach(collect);
    } else if (isScalar(value)) found.push(value);
    else if (isObject(value)) found.push(JSON.stringify(value));
  };
  const walk = (value: unknown, path: string): void => {
    if (Array.isArray(value)) {
      isList = true;
      for (const item of value) walk(item, path);
    } else if (isObject(value)) {
      if (Object.hasOwn(value, path)) {
        collect(value[path]);
        return;
      }
      for (let dot = path.indexOf('.'); dot !== -1; dot = path.indexOf('.', dot + 1)) {
        const head = path.slice(0, dot);
        if (Object.hasOwn(value, head)) walk(value[head], path.slice(dot + 1));
      }
    }
  };
  walk(event, name);
  const [first] = found;
  if (first === undefined) return undefined;
  return isList || found.length > 1 ? found : first;
}

function* scalarsOf(value: unknown, depth: number): Iterable<Scalar> {
  if (isScalar(value)) yield value;
  else if (isObject(value) && depth < maxDepth) {
    for (const item of Object.values(value)) yield* scalarsOf(item, depth + 1);
  }
}

function isScalar(value: unknown): value is Scalar {
  return (
    value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
  );
}

function isObject(value: unknown): value is EventObject {
  return typeof value === 'object' && value !== null;
}
