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
import { choiceOf, entryOf, expectMapping, textOf, textsOf, type YamlMapping } from './yaml-node.ts';

/** One document as a rule. @throws RuleProblem */
export function parseRule(node: YamlMapping, path: string | undefined): SigmaRule {
  const metadata = parseMetadata(node, path);
  const logsource = parseLogSource(node);
  const detection = entryOf(node, 'detection');
  if (detection === undefined) throw new RuleProblem('missing_field', 'A rule needs a `detection`.', node);
  return { ...metadata, logsource, detection: parseDetection(detection.value) };
}

export function parseMetadata(node: YamlMapping, path: string | undefined): RuleMetadata {
  const title = textOf(node, 'title');
  if (title === undefined || title.trim() === '')
    throw new RuleProblem('missing_field', 'A rule needs a `title`.', entryOf(node, 'title')?.at ?? node);
  const texts = optional({
    name: textOf(node, 'name'),
    taxonomy: textOf(node, 'taxonomy'),
    status: choiceOf(node, 'status', statuses),
    description: textOf(node, 'description'),
    license: textOf(node, 'license'),
    author: textOf(node, 'author'),
    date: textOf(node, 'date'),
    modified: textOf(node, 'modified'),
    path,
  });
  return {
    ...texts,
    id: textOf(node, 'id') ?? derivedId(node),
    title,
    level: choiceOf(node, 'level', levels) ?? 'medium',
    references: textsOf(node, 'references'),
    tags: textsOf(node, 'tags'),
    falsePositives: textsOf(node, 'falsepositives'),
    fields: textsOf(node, 'fields'),
    scope: textsOf(node, 'scope'),
    related: parseRelated(node),
    line: node.line,
  };
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
  return related.items.map((item) => {
    const mapping = expectMapping(item, 'Each entry of `related`');
    const id = textOf(mapping, 'id');
    const type = choiceOf(mapping, 'type', relations);
    if (id === undefined || type === undefined)
      throw new RuleProblem('invalid_field', 'Each entry of `related` needs an `id` and a `type`.', item);
    return { id, type };
  });
}

export function parseLogSource(node: YamlMapping): SigmaRule['logsource'] {
  const entry = entryOf(node, 'logsource');
  if (entry === undefined) throw new RuleProblem('missing_field', 'A rule needs a `logsource`.', node);
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
