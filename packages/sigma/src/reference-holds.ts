import type { FieldValue, Scalar } from './column-batch.ts';
import type { FieldReference } from './compile-item.ts';
import { standsInAny } from './find-any.ts';
import { lowerCase } from './matcher.ts';

/**
 * Whether one value of the left field stands to one value of the right field as the rule says. Null equals nothing. Both may be long lists
 * of whoever writes events, so that they are not compared each with each.
 */
export function referenceHolds(left: FieldValue, right: FieldValue, reference: FieldReference): boolean {
  const { place, cased } = reference;
  const texts = textsOf(left, cased);
  const others = textsOf(right, cased);
  if (place === 'contains') return standsInAny(others, texts);
  const known = new Set(others);
  if (place === 'exact') return texts.some((text) => known.has(text));
  const lengths = Array.from(new Set(others.map(({ length }) => length)));
  return texts.some((text) =>
    lengths.some(
      (length) =>
        length <= text.length &&
        known.has(place === 'prefix' ? text.slice(0, length) : text.slice(text.length - length)),
    ),
  );
}

function textsOf(value: FieldValue, cased: boolean): readonly string[] {
  const list: readonly Scalar[] = Array.isArray(value) ? value : [value];
  return list.filter((item) => item !== null).map((item) => (cased ? String(item) : lowerCase(String(item))));
}
