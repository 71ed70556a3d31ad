import type { Scalar } from '@parapet/event-model';
import type { Answer, Enrichment } from './enrichment.ts';

/** OCSF's `enrichment` object. */
export interface OcsfEnrichment {
  /** The attribute that was enriched, e.g. `src_endpoint.ip`. */
  readonly name: string;
  /** Its value in the event. */
  readonly value: string;
  /** Kind of the answer, e.g. `location`. */
  readonly type: string;
  readonly data: Answer['values'];
  readonly provider: string;
  /** When the data was made or last read, epoch milliseconds. */
  readonly created_time: number;
}

/** What was added to one event, each with its source and time, as OCSF's `enrichments`. */
export function toOcsfEnrichments(enrichment: Enrichment, row: number): readonly OcsfEnrichment[] {
  return enrichment.answersAt(row).map(({ path, answer }) => {
    const value = enrichment.batch.attributeValue(row, path);
    return {
      name: path,
      value: Array.isArray(value) ? value.join(', ') : String(value),
      type: answer.kind,
      data: answer.values,
      provider: answer.provider,
      created_time: answer.asOf,
    };
  });
}

/**
 * What was added to one event as attributes with fixed names. `<object>` is the attribute's path without its last part
 * (`src_endpoint.ip` gives `src_endpoint`, `device.hostname` gives `device`):
 *
 * - location: `<object>.location.country`, `.country_name`, `.continent`, `.region`, `.city`, `.postal_code`, `.lat`, `.long`
 * - autonomous system: `<object>.autonomous_system.number`, `.name`
 * - asset: `<object>.asset_name`, `.criticality`, `.owner`, `.zone`, `.tags`
 * - zone: `<object>.zone` (where no asset says it), `.is_internal`
 * - user: `<object>.is_privileged`, `.is_service_account`, `.department`, `.title`, `.manager`, `.criticality`, `.tags`
 * - indicator: `<path>.indicator.value`, `.type`, `.list`, `.threat`, `.confidence`, of the one with the highest confidence
 *
 * Where two answers give one attribute, the first counts.
 */
export function flattenedAnswers(enrichment: Enrichment, row: number): Readonly<Record<string, Scalar>> {
  const flat: Record<string, Scalar> = {};
  const found = enrichment.answersAt(row).toSorted((a, b) => rank(a.answer) - rank(b.answer));
  for (const { path, answer } of found) {
    const base = answer.kind === 'indicator' ? path : path.slice(0, Math.max(0, path.lastIndexOf('.')));
    if (answer.kind === 'indicator' && `${path}.indicator.value` in flat) continue;
    for (const [key, value] of Object.entries(answer.values)) {
      const name = names[answer.kind][key];
      if (name !== undefined && !(`${base}.${name}` in flat)) flat[`${base}.${name}`] = value;
    }
  }
  return flat;
}

/** Assets before zones, indicators by falling confidence. */
function rank({ kind, values }: Answer): number {
  if (kind === 'indicator')
    return 2 - (typeof values['confidence'] === 'number' ? values['confidence'] : 0) / 100;
  return kind === 'zone' ? 1 : 0;
}

const same = (prefix: string, ...keys: readonly string[]): Record<string, string> =>
  Object.fromEntries(keys.map((key) => [key, `${prefix}${key}`]));

/** The attribute of each value of an answer, by kind. */
const names: Readonly<Record<Answer['kind'], Readonly<Record<string, string>>>> = {
  location: same(
    'location.',
    'country',
    'country_name',
    'continent',
    'region',
    'city',
    'postal_code',
    'lat',
    'long',
  ),
  autonomous_system: same('autonomous_system.', 'number', 'name'),
  asset: { name: 'asset_name', ...same('', 'criticality', 'owner', 'zone', 'tags') },
  zone: { zone: 'zone', internal: 'is_internal' },
  user: {
    privileged: 'is_privileged',
    service_account: 'is_service_account',
    ...same('', 'department', 'title', 'manager', 'criticality', 'tags'),
  },
  indicator: { indicator: 'indicator.value', ...same('indicator.', 'type', 'list', 'threat', 'confidence') },
};
