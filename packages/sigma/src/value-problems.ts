import { compileItem } from './compile-item.ts';
import { parseItem } from './parse-detection.ts';
import { problemsOf, type RuleProblem } from './rule-error.ts';
import { entryOf, type YamlEntry, type YamlMapping, type YamlNode } from './yaml-node.ts';

/** What is wrong with the values of a rule that does not parse, in those of its items that do. */
export function valueProblems(node: YamlMapping): readonly RuleProblem[] {
  const detection = entryOf(node, 'detection')?.value;
  if (detection?.kind !== 'mapping') return [];
  return detection.entries
    .filter(({ key }) => key !== 'condition')
    .flatMap(({ value }) => entriesIn(value).flatMap(problemsOfItem));
}

function entriesIn(node: YamlNode): readonly YamlEntry[] {
  if (node.kind === 'mapping') return node.entries;
  return node.kind === 'sequence' ? node.items.flatMap(entriesIn) : [];
}

function problemsOfItem(entry: YamlEntry): readonly RuleProblem[] {
  let item: ReturnType<typeof parseItem>['item'];
  try {
    ({ item } = parseItem(entry));
  } catch (thrown) {
    // Told already by the parser; a fault is thrown on.
    problemsOf(thrown);
    return [];
  }
  try {
    compileItem(item, {});
    return [];
  } catch (thrown) {
    // Which placeholders there are is known where rules are compiled.
    return problemsOf(thrown).filter(({ code }) => code !== 'unresolved_placeholder');
  }
}
