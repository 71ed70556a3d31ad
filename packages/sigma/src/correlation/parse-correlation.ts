import { parseMetadata } from '../parse-rule.ts';
import { RuleProblem } from '../rule-error.ts';
import { tryEach, tryParts } from '../try-each.ts';
import {
  choiceOf,
  entryOf,
  expectMapping,
  textOf,
  textsOf,
  type YamlEntry,
  type YamlMapping,
} from '../yaml-node.ts';
import { parseCorrelationCondition } from './parse-correlation-condition.ts';
import { parseReferences } from './parse-references.ts';
import { correlationTypes, type SigmaCorrelation } from './sigma-correlation.ts';
import { parseTimespan } from './timespan.ts';

const known = ['type', 'rules', 'group-by', 'timespan', 'condition', 'aliases', 'generate'];
const maxFields = 32;

/** One document as a correlation. @throws RuleProblem, RuleProblems */
export function parseCorrelation(
  node: YamlMapping,
  section: YamlEntry,
  path: string | undefined,
): SigmaCorrelation {
  const body = expectMapping(section.value, '`correlation`');
  const { metadata, parts, generate } = tryParts({
    metadata: () => parseMetadata(node, path),
    unknown: () => tryEach(body.entries, refuseUnknown),
    parts: () => parseBody(body, section),
    generate: () => generateOf(body) ?? generateOf(node) ?? false,
  });
  return { ...metadata, ...parts, generate };
}

type Body = Pick<SigmaCorrelation, 'type' | 'rules' | 'groupBy' | 'timespan' | 'aliases' | 'condition'>;

function parseBody(body: YamlMapping, section: YamlEntry): Body {
  const { type, rules, ...rest } = tryParts({
    type: () => {
      const type = choiceOf(body, 'type', correlationTypes);
      if (type === undefined) throw missing(section, 'type', 'event_count');
      return type;
    },
    rules: () => {
      const rules = parseReferences(body, 'rules');
      if (rules === undefined) throw missing(section, 'rules', 'a list of ids or names');
      return rules;
    },
    groupBy: () => fieldsOf(body, 'group-by'),
    timespan: () => timespanOf(body, section),
  });
  const { aliases, condition } = tryParts({
    aliases: () => parseAliases(body, new Set(rules.map(({ name }) => name))),
    condition: () =>
      parseCorrelationCondition(entryOf(body, 'condition'), {
        type,
        rules: rules.map(({ name }) => name),
        section,
      }),
  });
  return { type, rules, aliases, condition, ...rest };
}

const missing = ({ at }: YamlEntry, key: string, example: string): RuleProblem =>
  new RuleProblem('missing_field', `\`correlation\` needs \`${key}\` (such as ${example}).`, at);

function refuseUnknown({ key, at }: YamlEntry): void {
  if (!known.includes(key))
    throw new RuleProblem(
      'invalid_correlation',
      `\`${key.slice(0, 60)}\` is not part of a correlation; its parts are ${known.join(', ')}.`,
      at,
    );
}

function timespanOf(body: YamlMapping, section: YamlEntry): number {
  const text = textOf(body, 'timespan');
  if (text === undefined) throw missing(section, 'timespan', '10m');
  const timespan = parseTimespan(text.trim());
  if (timespan !== undefined) return timespan;
  throw new RuleProblem(
    'invalid_correlation',
    `\`timespan\` is "${text.slice(0, 40)}"; write a number from 1 and one of s, m, h, d, w, M (months), y, of ten years at most.`,
    entryOf(body, 'timespan')?.value ?? section.at,
  );
}

function fieldsOf(body: YamlMapping, key: string): readonly string[] {
  const fields = textsOf(body, key);
  const at = entryOf(body, key)?.value ?? body;
  if (fields.length > maxFields)
    throw new RuleProblem('too_complex', `\`${key}\` may name ${maxFields} fields at most.`, at);
  if (fields.includes('') || new Set(fields).size !== fields.length)
    throw new RuleProblem('invalid_correlation', `\`${key}\` names an empty field, or one field twice.`, at);
  return fields;
}

/** The specification has `generate` beside `correlation`, rules in use also have it inside. */
function generateOf(node: YamlMapping): boolean | undefined {
  const value = entryOf(node, 'generate')?.value;
  if (value === undefined || (value.kind === 'scalar' && value.value === null)) return undefined;
  if (value.kind === 'scalar' && typeof value.value === 'boolean') return value.value;
  throw new RuleProblem('invalid_correlation', '`generate` must be true or false.', value);
}

function parseAliases(body: YamlMapping, rules: ReadonlySet<string>): SigmaCorrelation['aliases'] {
  const entry = entryOf(body, 'aliases');
  if (entry === undefined || (entry.value.kind === 'scalar' && entry.value.value === null)) return new Map();
  const aliases = expectMapping(entry.value, '`aliases`');
  return new Map(
    tryEach(aliases.entries, ({ key, value }): [string, ReadonlyMap<string, string>] => {
      const fields = expectMapping(value, `The alias \`${key.slice(0, 60)}\``);
      return [
        key,
        new Map(tryEach(fields.entries, (field) => [field.key, aliasField(fields, field, rules)])),
      ];
    }),
  );
}

function aliasField(fields: YamlMapping, { key, at }: YamlEntry, rules: ReadonlySet<string>): string {
  if (!rules.has(key))
    throw new RuleProblem(
      'invalid_correlation',
      `The alias names the rule \`${key.slice(0, 80)}\`, which \`rules\` does not; name it as it is named there.`,
      at,
    );
  const field = textOf(fields, key);
  if (field === undefined || field === '')
    throw new RuleProblem('invalid_correlation', 'An alias needs the name of a field.', at);
  return field;
}
