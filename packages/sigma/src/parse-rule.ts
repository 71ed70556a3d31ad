import { parseDetection } from './parse-detection.ts';
import { RuleProblem } from './rule-error.ts';
import { derivedId } from './rule-id.ts';
import {
  type LogSource,
  levels,
  type RuleMetadata,
  relations,
  type SigmaRule,
  statuses,
} from './sigma-rule.ts';
import { tryEach, tryParts } from './try-each.ts';
import { choiceOf, entryOf, expectMapping, textOf, textsOf, type YamlMapping } from './yaml-node.ts';

/** One document as a rule. @throws RuleProblem, RuleProblems */
export function parseRule(node: YamlMapping, path: string | undefined): SigmaRule {
  const { metadata, logsource, detection } = tryParts({
    metadata: () => parseMetadata(node, path),
    logsource: () => parseLogSource(node, 'A rule'),
    detection: () => {
      const entry = entryOf(node, 'detection');
      if (entry === undefined) throw new RuleProblem('missing_field', 'A rule needs a `detection`.', node);
      return parseDetection(entry.value);
    },
  });
  return { ...metadata, logsource, detection };
}

/** What rules, correlations and filters say of themselves. @throws RuleProblem, RuleProblems */
export function parseMetadata(node: YamlMapping, path: string | undefined): RuleMetadata {
  const text = (key: string) => () => textOf(node, key);
  const list = (key: string) => () => textsOf(node, key);
  const { title, level, id, references, tags, falsePositives, fields, scope, related, ...texts } = tryParts({
    title: () => titleOf(node),
    id: text('id'),
    name: text('name'),
    taxonomy: text('taxonomy'),
    status: () => choiceOf(node, 'status', statuses),
    level: () => choiceOf(node, 'level', levels),
    description: text('description'),
    license: text('license'),
    author: text('author'),
    date: text('date'),
    modified: text('modified'),
    references: list('references'),
    tags: list('tags'),
    falsePositives: list('falsepositives'),
    fields: list('fields'),
    scope: list('scope'),
    related: () => parseRelated(node),
  });
  return {
    ...optional({ ...texts, path }),
    id: id ?? derivedId(node),
    title,
    level: level ?? 'medium',
    references,
    tags,
    falsePositives,
    fields,
    scope,
    related,
    line: node.line,
  };
}

function titleOf(node: YamlMapping): string {
  const title = textOf(node, 'title');
  if (title === undefined || title.trim() === '')
    throw new RuleProblem('missing_field', 'A rule needs a `title`.', entryOf(node, 'title')?.at ?? node);
  return title;
}

type Present<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function optional<T extends Record<string, unknown>>(values: T): Present<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Present<T>;
}

function parseRelated(node: YamlMapping): RuleMetadata['related'] {
  const related = entryOf(node, 'related')?.value;
  if (related === undefined || (related.kind === 'scalar' && related.value === null)) return [];
  if (related.kind !== 'sequence')
    throw new RuleProblem('invalid_field', '`related` must be a list of `id` and `type`.', related);
  return tryEach(related.items, (item) => {
    const mapping = expectMapping(item, 'Each entry of `related`');
    const id = textOf(mapping, 'id');
    const type = choiceOf(mapping, 'type', relations);
    if (id === undefined || type === undefined)
      throw new RuleProblem('invalid_field', 'Each entry of `related` needs an `id` and a `type`.', item);
    return { id, type };
  });
}

export function parseLogSource(node: YamlMapping, what: string): SigmaRule['logsource'] {
  const entry = entryOf(node, 'logsource');
  if (entry === undefined) throw new RuleProblem('missing_field', `${what} needs a \`logsource\`.`, node);
  if (entry.value.kind !== 'mapping')
    throw new RuleProblem(
      'invalid_logsource',
      '`logsource` must be a mapping with product, category or service.',
      entry.value,
    );
  const parts: LogSource = optional({
    product: textOf(entry.value, 'product')?.toLowerCase(),
    category: textOf(entry.value, 'category')?.toLowerCase(),
    service: textOf(entry.value, 'service')?.toLowerCase(),
  });
  if (Object.keys(parts).length === 0)
    throw new RuleProblem(
      'invalid_logsource',
      '`logsource` needs at least one of product, category and service.',
      entry.at,
    );
  return { ...parts, ...optional({ definition: textOf(entry.value, 'definition') }) };
}
