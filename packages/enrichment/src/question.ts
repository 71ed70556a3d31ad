import type { FieldValue, Scalar } from '@parapet/event-model';

/**
 * What a value is asked as. `host` names a machine of one's own network (assets), `domain` a name that others gave out
 * (indicators).
 */
export const valueTypes = ['address', 'host', 'domain', 'url', 'hash', 'user', 'account'] as const;
export type ValueType = (typeof valueTypes)[number];

export interface Question {
  readonly type: ValueType;
  readonly text: string;
  /** Of a user: the domain that the event names beside the name. */
  readonly domain?: string | undefined;
}

/** Longer texts and further elements of a list are not asked about: nothing that enrichment knows looks like that. */
export const questionLimits = { characters: 8192, elements: 64 } as const;

/** The texts of a value that can be asked about. */
export function textsOf(value: FieldValue): readonly string[] {
  if (typeof value === 'string') return isAskable(value) ? [value] : [];
  if (typeof value === 'object' && value !== null)
    return value.slice(0, questionLimits.elements).map(textOf).filter(isAskable);
  const text = textOf(value);
  return isAskable(text) ? [text] : [];
}

function textOf(value: Scalar): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

function isAskable(text: string): boolean {
  return text !== '' && text.length <= questionLimits.characters;
}
