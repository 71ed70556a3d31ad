import type { SigmaRule } from '@parapet/sigma';
import { printable } from '../terminal/terminal.ts';
import { logSourceName, sourcesOf } from './explain-event.ts';

/** A log source that no events are taken for, and how many rules look at it alone: they can match nothing. */
export interface Unheard {
  readonly logsource: string;
  readonly rules: number;
}

/** The most rules first. */
export function unheardOf(rules: readonly SigmaRule[]): readonly Unheard[] {
  const groups = Map.groupBy(
    rules.filter(({ logsource }) => sourcesOf(logsource).length === 0),
    ({ logsource }) => logSourceName(logsource),
  );
  return Array.from(groups, ([logsource, list]) => ({ logsource, rules: list.length })).sort(
    (one, other) => other.rules - one.rules || (one.logsource < other.logsource ? -1 : 1),
  );
}

export const countUnheard = (unheard: readonly Unheard[]): number =>
  unheard.reduce((sum, { rules }) => sum + rules, 0);

const mostListed = 8;

export function listUnheard(unheard: readonly Unheard[]): string {
  const shown = unheard
    .slice(0, mostListed)
    .map(({ logsource, rules }) => `${printable(logsource, 80)} ${rules}`);
  const more = unheard.length - shown.length;
  return [...shown, more > 0 ? `${more} more` : []].flat().join(', ');
}
