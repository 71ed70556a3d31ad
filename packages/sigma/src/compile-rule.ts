import type { AtomTable } from './atom-table.ts';
import { compileItem, type ItemTest } from './compile-item.ts';
import type { Condition } from './condition.ts';
import { all, any, count, type Expression, not } from './expression.ts';
import type { Placeholders } from './placeholders.ts';
import { RuleProblem } from './rule-error.ts';
import type { Detection, DetectionItem, DetectionNode } from './sigma-rule.ts';
import { tryEach } from './try-each.ts';

const maxAtoms = 50_000;

/** A detection whose values are known to be good: adds its questions to a table and gives the expression over them. */
export type PreparedDetection = (table: AtomTable) => Expression;

/**
 * Checks and prepares all values of a detection. Nothing may be left in a table by a rule that fails half way, so all
 * items are compiled before any is added. @throws RuleProblem, RuleProblems
 */
export function prepareDetection(detection: Detection, placeholders: Placeholders): PreparedDetection {
  const tests = new Map<DetectionItem, ItemTest>();
  let questions = 0;
  tryEach(itemsOf(detection.searches.values()), (item) => {
    const test = compileItem(item, placeholders);
    for (const matchers of test.values) questions += matchers.length;
    if (questions > maxAtoms)
      throw new RuleProblem('too_complex', `A rule may ask ${maxAtoms} questions at most.`, item.at);
    tests.set(item, test);
  });
  return (table) => {
    const searches = new Map<string, Expression>();
    for (const [name, node] of detection.searches) searches.set(name, compileNode(node, tests, table));
    return any(detection.conditions.map((condition) => compileCondition(condition, searches)));
  };
}

/** All items of search identifiers. */
export function itemsOf(searches: Iterable<DetectionNode>): readonly DetectionItem[] {
  const items: DetectionItem[] = [];
  const visit = (node: DetectionNode): void => {
    if (node.kind === 'item') items.push(node.item);
    else node.of.forEach(visit);
  };
  for (const search of searches) visit(search);
  return items;
}

function compileNode(
  node: DetectionNode,
  tests: ReadonlyMap<DetectionItem, ItemTest>,
  table: AtomTable,
): Expression {
  if (node.kind !== 'item') {
    const parts = node.of.map((part) => compileNode(part, tests, table));
    return node.kind === 'all' ? all(parts) : any(parts);
  }
  const test = tests.get(node.item);
  if (test === undefined) throw new Error('an item was not compiled');
  return compileTest(test, table);
}

export function compileTest(test: ItemTest, table: AtomTable): Expression {
  const { field } = test;
  const values = test.values.map((matchers) =>
    any(matchers.map((matcher) => atom(table.add(field, matcher)))),
  );
  const references = test.references.map((reference) => atom(table.addReference(field ?? '', reference)));
  const parts = [...values, ...references];
  const joined = test.all ? all(parts) : any(parts);
  return test.negated ? not(joined) : joined;
}

const atom = (number: number): Expression => ({ kind: 'atom', atom: number });

function compileCondition(condition: Condition, searches: ReadonlyMap<string, Expression>): Expression {
  const named = (name: string): Expression => {
    const search = searches.get(name);
    if (search === undefined) throw new Error(`search identifier ${name} was not compiled`);
    return search;
  };
  switch (condition.kind) {
    case 'search':
      return named(condition.name);
    case 'not':
      return not(compileCondition(condition.of, searches));
    case 'count':
      return count(condition.atLeast, condition.names.map(named));
    default: {
      const parts = condition.of.map((part) => compileCondition(part, searches));
      return condition.kind === 'and' ? all(parts) : any(parts);
    }
  }
}
