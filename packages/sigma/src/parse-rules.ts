import { parseCorrelation } from './correlation/parse-correlation.ts';
import type { SigmaCorrelation } from './correlation/sigma-correlation.ts';
import { parseFilter } from './filter/parse-filter.ts';
import type { SigmaFilter } from './filter/sigma-filter.ts';
import { parseRule } from './parse-rule.ts';
import { readDocument } from './read-document.ts';
import { problemsOf, type RuleError, RuleProblem, RuleProblems, toRuleErrors } from './rule-error.ts';
import type { SigmaRule } from './sigma-rule.ts';
import { splitDocuments } from './split-documents.ts';
import { valueProblems } from './value-problems.ts';
import { entryOf, textOf, type YamlEntry, type YamlMapping, type YamlNode } from './yaml-node.ts';

export interface ParseOptions {
  /** Where the text came from; repeated in rules and errors. */
  readonly path?: string;
}

export interface ParsedRules {
  readonly rules: SigmaRule[];
  readonly correlations: SigmaCorrelation[];
  readonly filters: SigmaFilter[];
  readonly errors: RuleError[];
}

const maxFileLength = 8 << 20;

/**
 * Parses a rule file: one or more YAML documents (rules, correlations, filters), or a rule collection
 * (`action: global`, `reset`, `repeat`). Never throws: a document that cannot be used has all its mistakes among the
 * errors, each with its place, and the others are still parsed.
 */
export function parseRules(text: string, options: ParseOptions = {}): ParsedRules {
  const parsed: ParsedRules = { rules: [], correlations: [], filters: [], errors: [] };
  const { path } = options;
  if (text.length > maxFileLength) {
    const problem = new RuleProblem(
      'yaml_limit',
      `A rule file may be ${maxFileLength} characters long at most.`,
      { line: 1, column: 1 },
    );
    parsed.errors.push(...toRuleErrors(problem, path));
    return parsed;
  }
  let shared: YamlMapping | undefined;
  let previous: YamlMapping | undefined;
  for (const document of splitDocuments(text)) {
    let id: string | undefined;
    try {
      const node = readDocument(document.text, document.line);
      if (node === undefined) continue;
      if (node.kind !== 'mapping')
        throw new RuleProblem('not_a_rule', 'A Sigma rule is a mapping that starts with `title:`.', node);
      const action = textOf(node, 'action');
      const own = without(node, 'action');
      if (action === 'reset') {
        shared = undefined;
        continue;
      }
      if (action === 'global') {
        shared = shared === undefined ? own : merge(shared, own);
        continue;
      }
      const base = actionBase(action, shared, previous, node);
      const complete = base === undefined ? own : merge(base, own);
      previous = complete;
      id = idOf(complete);
      parseDocument(complete, path, parsed);
    } catch (problem) {
      parsed.errors.push(...toRuleErrors(problem, path, id));
    }
  }
  return parsed;
}

function parseDocument(node: YamlMapping, path: string | undefined, into: ParsedRules): void {
  const correlation = entryOf(node, 'correlation');
  const filter = entryOf(node, 'filter');
  if (correlation !== undefined) into.correlations.push(parseCorrelation(node, correlation, path));
  else if (filter !== undefined) into.filters.push(parseFilter(node, filter, path));
  else into.rules.push(parseRuleOrAllProblems(node, path));
}

/** What compiling would find is looked for too once a rule is refused, so that its author hears of it at the same time. */
function parseRuleOrAllProblems(node: YamlMapping, path: string | undefined): SigmaRule {
  try {
    return parseRule(node, path);
  } catch (thrown) {
    throw new RuleProblems([...problemsOf(thrown), ...valueProblems(node)]);
  }
}

function actionBase(
  action: string | undefined,
  shared: YamlMapping | undefined,
  previous: YamlMapping | undefined,
  node: YamlMapping,
): YamlMapping | undefined {
  if (action === undefined) return shared;
  const at = entryOf(node, 'action')?.value ?? node;
  if (action !== 'repeat')
    throw new RuleProblem(
      'invalid_field',
      `\`action\` is "${action.slice(0, 40)}"; it must be global, reset or repeat.`,
      at,
    );
  if (previous === undefined)
    throw new RuleProblem('invalid_field', '`action: repeat` has no rule before it to repeat.', at);
  return previous;
}

function idOf(node: YamlMapping): string | undefined {
  const value = entryOf(node, 'id')?.value;
  return value?.kind === 'scalar' && typeof value.value === 'string' ? value.value : undefined;
}

function without(node: YamlMapping, key: string): YamlMapping {
  return { ...node, entries: node.entries.filter((entry) => entry.key !== key) };
}

/** `over` wins; mappings in both are merged. */
function merge(base: YamlMapping, over: YamlMapping): YamlMapping {
  const kept = base.entries.map((entry): YamlEntry => {
    const other = entryOf(over, entry.key);
    return other === undefined ? entry : { ...other, value: mergeValue(entry.value, other.value) };
  });
  const added = over.entries.filter((entry) => entryOf(base, entry.key) === undefined);
  return { ...over, entries: [...kept, ...added] };
}

const mergeValue = (base: YamlNode, over: YamlNode): YamlNode =>
  base.kind === 'mapping' && over.kind === 'mapping' ? merge(base, over) : over;
