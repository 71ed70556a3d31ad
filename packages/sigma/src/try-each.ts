import { problemsOf, type RuleProblem, RuleProblems } from './rule-error.ts';

/** Problems told of one rule; a file that is wrong everywhere is not read to its end for more. */
const maxProblems = 100;

/**
 * Maps all items though some fail, so that an author hears of every mistake at once.
 * @throws RuleProblems when there was any.
 */
export function tryEach<T, R>(items: Iterable<T>, map: (item: T, index: number) => R): R[] {
  const results: R[] = [];
  let problems: RuleProblem[] | undefined;
  let index = 0;
  for (const item of items) {
    try {
      results.push(map(item, index++));
    } catch (thrown) {
      problems ??= [];
      problems.push(...problemsOf(thrown));
      if (problems.length >= maxProblems) break;
    }
  }
  if (problems !== undefined) throw new RuleProblems(problems.slice(0, maxProblems));
  return results;
}

type Parts = Readonly<Record<string, () => unknown>>;
type Results<T extends Parts> = { readonly [K in keyof T]: ReturnType<T[K]> };

/** Runs all parts though some fail, and gives what each returned. @throws RuleProblems when there was any. */
export function tryParts<T extends Parts>(parts: T): Results<T> {
  return Object.fromEntries(tryEach(Object.keys(parts), (key) => [key, parts[key]?.()])) as Results<T>;
}
