import { parseReferences } from '../correlation/parse-references.ts';
import { parseDetection } from '../parse-detection.ts';
import { parseLogSource, parseMetadata } from '../parse-rule.ts';
import { RuleProblem } from '../rule-error.ts';
import { tryParts } from '../try-each.ts';
import { entryOf, expectMapping, type YamlEntry, type YamlMapping } from '../yaml-node.ts';
import type { SigmaFilter } from './sigma-filter.ts';

/** One document as a filter. @throws RuleProblem, RuleProblems */
export function parseFilter(node: YamlMapping, section: YamlEntry, path: string | undefined): SigmaFilter {
  const body = expectMapping(section.value, '`filter`');
  const { metadata, logsource, rules, detection } = tryParts({
    metadata: () => parseMetadata(node, path),
    logsource: () => parseLogSource(node, 'A filter'),
    rules: () => rulesOf(body, section),
    detection: () => parseDetection(body, { section: 'filter', reserved: ['rules'] }),
  });
  return { ...metadata, logsource, rules, detection };
}

function rulesOf(body: YamlMapping, section: YamlEntry): SigmaFilter['rules'] {
  const rules = parseReferences(body, 'rules');
  if (rules === undefined)
    throw new RuleProblem(
      'invalid_filter',
      '`filter` needs `rules`: the ids or names of the rules it narrows, or any.',
      section.at,
    );
  const isText = entryOf(body, 'rules')?.value.kind === 'scalar';
  return isText && rules[0]?.name.toLowerCase() === 'any' ? 'any' : rules;
}
