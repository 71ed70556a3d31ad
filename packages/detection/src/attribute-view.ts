import type { EventBatch, FieldValue } from '@parapet/event-model';

/**
 * Makes views of batches that have some attributes and no others, each read from the path it is given as: so that what follows from
 * a few attributes is found by those who know it of a whole event. Of one batch after another; the last view is kept.
 */
export function createAttributeViews(
  sources: Readonly<Record<string, string>>,
): (batch: EventBatch) => EventBatch {
  let viewed: EventBatch | undefined;
  let view: EventBatch | undefined;
  return (batch) => {
    if (view === undefined || viewed !== batch) {
      const attributeValue = (row: number, path: string): FieldValue | undefined => {
        const source = Object.hasOwn(sources, path) ? sources[path] : undefined;
        return source === undefined ? undefined : batch.attributeValue(row, source);
      };
      view = Object.create(batch, { attributeValue: { value: attributeValue } }) as EventBatch;
      viewed = batch;
    }
    return view;
  };
}
