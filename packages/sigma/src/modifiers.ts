import { type Position, RuleProblem } from './rule-error.ts';
import { tryEach } from './try-each.ts';

const roles = {
  contains: 'place',
  startswith: 'place',
  endswith: 'place',
  all: 'list',
  neq: 'list',
  cased: 'case',
  expand: 'expand',
  windash: 'text',
  base64: 'encoding',
  base64offset: 'encoding',
  wide: 'encoding',
  utf16: 'encoding',
  utf16le: 'encoding',
  utf16be: 'encoding',
  re: 'regex',
  i: 'regexFlag',
  m: 'regexFlag',
  s: 'regexFlag',
  cidr: 'type',
  exists: 'type',
  fieldref: 'reference',
  lt: 'compare',
  lte: 'compare',
  gt: 'compare',
  gte: 'compare',
  minute: 'time',
  hour: 'time',
  day: 'time',
  week: 'time',
  month: 'time',
  year: 'time',
} as const;

/** A value modifier of Sigma 2.1. */
export type Modifier = keyof typeof roles;
type Role = (typeof roles)[Modifier];

/** Which roles may stand beside each other in one item; `list` may stand beside all but `exists`. */
const companions: Readonly<Record<Role, readonly Role[]>> = {
  place: ['list', 'case', 'expand', 'text', 'encoding', 'reference'],
  list: [
    'place',
    'list',
    'case',
    'expand',
    'text',
    'encoding',
    'regex',
    'regexFlag',
    'type',
    'reference',
    'compare',
    'time',
  ],
  case: ['place', 'list', 'expand', 'text', 'encoding', 'reference'],
  expand: ['place', 'list', 'case', 'text', 'encoding', 'regex', 'regexFlag', 'type'],
  text: ['place', 'list', 'case', 'expand', 'encoding'],
  encoding: ['place', 'list', 'case', 'expand', 'text', 'encoding'],
  regex: ['list', 'expand', 'regexFlag'],
  regexFlag: ['list', 'expand', 'regex', 'regexFlag'],
  type: ['list', 'expand'],
  reference: ['place', 'list', 'case'],
  compare: ['list', 'time'],
  time: ['list', 'compare'],
};

const known = new Map<string, readonly Modifier[]>();

/** The modifiers of a key such as `CommandLine|contains|all`, checked for names and for combinations that mean nothing. */
export function parseModifiers(names: readonly string[], at: Position): readonly Modifier[] {
  const signature = names.join('|');
  const cached = known.get(signature);
  if (cached !== undefined) return cached;
  const modifiers = tryEach(names, (name) => {
    if (isModifier(name)) return name;
    throw new RuleProblem('unknown_modifier', unknownText(name), at);
  });
  checkCombination(modifiers, at);
  // Only valid lists are kept, of which there are few: a hostile rule file cannot make this grow without end.
  if (known.size < 1_000) known.set(signature, modifiers);
  return modifiers;
}

function isModifier(name: string): name is Modifier {
  return Object.hasOwn(roles, name);
}

function unknownText(name: string): string {
  const shown = name.slice(0, 40);
  if (isModifier(name.toLowerCase()))
    return `Modifiers are written in lower case: use \`${name.toLowerCase()}\` for \`${shown}\`.`;
  return `\`${shown}\` is not a modifier of Sigma 2.1.`;
}

function checkCombination(modifiers: readonly Modifier[], at: Position): void {
  const refuse = (message: string): never => {
    throw new RuleProblem('invalid_modifier', message, at);
  };
  for (const [index, modifier] of modifiers.entries()) {
    if (modifiers.indexOf(modifier) !== index) refuse(`\`${modifier}\` is given twice.`);
    const role: Role = roles[modifier];
    if (role === 'regexFlag' && modifiers.indexOf('re') === -1)
      refuse(`\`${modifier}\` is a flag of regular expressions: write it after \`re\`.`);
    if (role === 'regexFlag' && modifiers.indexOf('re') > index)
      refuse(`\`${modifier}\` must come after \`re\`.`);
    for (const other of modifiers.slice(0, index)) {
      const otherRole: Role = roles[other];
      if (!companions[role].includes(otherRole))
        refuse(`\`${other}\` and \`${modifier}\` cannot be combined.`);
      if (
        role === otherRole &&
        (role === 'place' || role === 'compare' || role === 'time' || role === 'type')
      )
        refuse(`\`${other}\` and \`${modifier}\` cannot be combined.`);
    }
  }
  if (modifiers.includes('exists') && modifiers.length > 1) refuse('`exists` stands alone.');
  if (modifiers.includes('neq') && modifiers.includes('all'))
    refuse('`neq` and `all` cannot be combined: `neq` already means that none of the values holds.');
  const encoded = modifiers.findIndex((modifier) => roles[modifier] === 'encoding');
  const placed = modifiers.findIndex((modifier) => roles[modifier] === 'place');
  if (encoded !== -1 && placed !== -1 && placed < encoded)
    refuse(
      `\`${modifiers[placed]}\` must come after \`${modifiers[encoded]}\`: modifiers are applied in the order written.`,
    );
}

export function modifierRole(modifier: Modifier): Role {
  return roles[modifier];
}
