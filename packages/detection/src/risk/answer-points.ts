import { boundedText, type RiskContribution, type Scalar } from '@parapet/event-model';
import type { RiskWeights } from './risk-weights.ts';

/** What scoring needs of an answer of the enrichment; see `Answer` of `@parapet/enrichment`. */
export interface RiskAnswer {
  readonly kind: string;
  /** Name of the provider. */
  readonly provider: string;
  readonly values: Readonly<Record<string, Scalar>>;
}

/**
 * The answers about one attribute: `known[codes[row]]`; see `EnrichedColumn` of `@parapet/enrichment`. To `known` lists may be added, but
 * none is replaced.
 */
export interface RiskColumn {
  /** OCSF attribute path, e.g. `src_endpoint.ip`. */
  readonly path: string;
  readonly codes: Uint32Array;
  readonly known: readonly (readonly RiskAnswer[])[];
}

/** Kinds of answers that weigh, by their place in {@link AnswerPoints}. An indicator is a signal, the others are context. */
export const weighedKinds = ['indicator', 'asset', 'user', 'zone', 'location', 'autonomous_system'] as const;
export type WeighedKind = (typeof weighedKinds)[number];

/** The most points of each kind among some answers, by the kind's place in {@link weighedKinds}. */
export type AnswerPoints = Float64Array;

/** Null when nothing of it weighs anything, as for nearly all values. */
export function pointsOfAnswers(answers: readonly RiskAnswer[], weights: RiskWeights): AnswerPoints | null {
  let found: AnswerPoints | null = null;
  for (const answer of answers) {
    const place = weighedKinds.indexOf(answer.kind as WeighedKind);
    if (place < 0) continue;
    const points = pointsOfAnswer(answer, weights);
    if (points <= 0) continue;
    found ??= new Float64Array(weighedKinds.length);
    found[place] = Math.max(found[place] ?? 0, points);
  }
  return found;
}

/** The contribution of the heaviest answer of `kind`; the first one where several weigh the same. */
export function contributionOfKind(
  kind: WeighedKind,
  columns: readonly { readonly path: string; readonly answers: readonly RiskAnswer[] }[],
  weights: RiskWeights,
): RiskContribution | undefined {
  let heaviest: RiskContribution | undefined;
  for (const { path, answers } of columns) {
    for (const answer of answers) {
      if (answer.kind !== kind) continue;
      const points = pointsOfAnswer(answer, weights);
      if (points <= (heaviest?.points ?? 0)) continue;
      const label = boundedText(`${describe(kind, answer)} (${path})`, 300);
      heaviest = { reason: kind, label, points, source: boundedText(answer.provider, 200) };
    }
  }
  return heaviest;
}

function pointsOfAnswer({ kind, values }: RiskAnswer, { event }: RiskWeights): number {
  switch (kind) {
    case 'indicator':
      return (event.indicator * confidenceOf(values['confidence'], event.indicatorConfidence)) / 100;
    case 'asset':
      return pointsNamed(event.criticality, values['criticality']);
    case 'user':
      return Math.max(
        values['privileged'] === true ? event.privilegedUser : 0,
        pointsNamed(event.criticality, values['criticality']),
      );
    case 'zone':
      return pointsNamed(event.zones, values['zone']);
    case 'location':
      return pointsNamed(event.countries, values['country']);
    case 'autonomous_system':
      return pointsNamed(event.autonomousSystems, values['number']);
    default:
      return 0;
  }
}

function confidenceOf(value: Scalar | undefined, otherwise: number): number {
  return typeof value === 'number' && value >= 0 && value <= 100 ? value : otherwise;
}

function pointsNamed(table: Readonly<Record<string, number>>, name: Scalar | undefined): number {
  const key = String(name);
  return Object.hasOwn(table, key) ? (table[key] ?? 0) : 0;
}

function describe(kind: WeighedKind, { values }: RiskAnswer): string {
  const text = (key: string): string | undefined => {
    const value = values[key];
    return value === undefined || value === null || value === '' ? undefined : String(value);
  };
  switch (kind) {
    case 'indicator': {
      const threat = text('threat') ?? `listed by ${text('list') ?? 'an indicator list'}`;
      return `${text('indicator') ?? 'indicator'}: ${threat}`;
    }
    case 'asset':
      return `${text('name') ?? 'asset'} is of ${text('criticality')} criticality`;
    case 'user': {
      const who = values['privileged'] === true ? 'privileged user' : 'user';
      const criticality = text('criticality');
      return criticality === undefined ? who : `${who} of ${criticality} criticality`;
    }
    case 'zone':
      return `in zone ${text('zone')}`;
    case 'location':
      return `in ${text('country_name') ?? text('country')}`;
    case 'autonomous_system':
      return `in AS${text('number')}${values['name'] === undefined ? '' : ` ${text('name')}`}`;
  }
}
