import type { Matcher } from './matcher.ts';

/**
 * How often a question is expected to hold, from 0 to 1, or not to hold when it is negated. An absence is common: it costs
 * more than several questions that look for something. Only speed depends on this, never a result.
 */
export function costOf(matcher: Matcher | undefined, negated: boolean): number {
  return negated ? absenceCost : costOfHolding(matcher);
}

/** What looking for an absence costs, or more when for one of several. */
export const absenceCost = 20;

function costOfHolding(matcher: Matcher | undefined): number {
  if (matcher === undefined) return 0.3;
  switch (matcher.kind) {
    case 'null':
      return absenceCost;
    case 'exists':
    case 'any':
      return 1;
    case 'exact':
      if (matcher.text === '' || matcher.text === '-') return 0.5;
      return plain.test(matcher.text) ? 0.25 : textCost(matcher.text, 0.02);
    case 'suffix':
      return textCost(matcher.text, 0.02);
    case 'prefix':
      return textCost(matcher.text, 0.1);
    case 'contains':
      return textCost(matcher.text, 0.05);
    case 'glob':
      return 0.05;
    case 'regex':
      return 0.1;
    case 'network':
      return 0.2;
    case 'number':
      return 0.4;
  }
}

/** A number or a word: mostly one of the few values that its field may have. */
const plain = /^(?:0x[0-9a-f]{1,16}|[a-z0-9_]{1,16})$/iu;

/** Parts of texts that are in so many values that they tell little. */
const common =
  /[\\/:]*(?:windows|system32|syswow64|program ?files|users|(?:current)?(?:controlset|version)|software|microsoft|c:|ntdll|kernel(?:32|base)|svchost|powershell|cmd)[\\/]?|https?:|\.(?:exe|dll)|true|false|success/giu;

/** Texts are the rarer the more there is to them: `base` is of those of 8 characters that are not common. */
function textCost(text: string, base: number): number {
  const { length } = text.replace(common, '');
  if (length < 3 || text.length < 4) return 0.3;
  return (base * 8) / length;
}
