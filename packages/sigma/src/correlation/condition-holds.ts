import type { Condition } from '../condition.ts';

/** Whether a condition holds, given which of its names do. */
export function conditionHolds(condition: Condition, holds: (name: string) => boolean): boolean {
  switch (condition.kind) {
    case 'search':
      return holds(condition.name);
    case 'not':
      return !conditionHolds(condition.of, holds);
    case 'and':
      return condition.of.every((part) => conditionHolds(part, holds));
    case 'or':
      return condition.of.some((part) => conditionHolds(part, holds));
    case 'count':
      return condition.names.filter(holds).length >= condition.atLeast;
  }
}
