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
      return matcher.text === '' || matcher.text === '-'
        ? 0.5
        : /^\d{1,5}$/u.test(matcher.text)
          ? 0.1
          : textCost(matcher.text, 0.02);
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

/** Text that is in so many values that it tells little. */
const common =
  /^(?:[\\/]?(?:windows|system32|program files|users|c:|svchost\.exe|powershell\.exe|cmd\.exe)[\\/]?|http|\.exe|\.dll|true|false|success)+$/u;

function textCost(text: string, base: number): number {
  if (common.test(text)) return 0.3;
  return text.length < 4 ? 0.3 : text.length < 7 ? base * 2 : base;
}
