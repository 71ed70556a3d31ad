import type { LogSource } from './sigma-rule.ts';

const parts = ['product', 'category', 'service'] as const;

/** Whether all that is asked of a log source is so; a part that is not asked about may be anything. */
export function covers(asked: LogSource, actual: LogSource): boolean {
  return parts.every((part) => asked[part] === undefined || asked[part] === actual[part]?.toLowerCase());
}
