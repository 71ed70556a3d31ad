import fc from 'fast-check';
import { sourceProfiles } from '../profiles/source-profiles.ts';

/** JSON as it is written: the order of keys, keys twice, and the spelling of strings and numbers are part of it. */
type Json =
  | { readonly kind: 'object'; readonly members: readonly (readonly [key: string, value: Json])[] }
  | { readonly kind: 'array'; readonly elements: readonly Json[] }
  /** A string, number or literal as it stands in the text. */
  | { readonly kind: 'scalar'; readonly text: string };

const names = [
  ...new Set(
    sourceProfiles.flatMap((profile) => [
      ...profile.time.map(({ field }) => field),
      ...profile.kinds.flatMap((kind) => kind.when.map(({ field }) => field)),
      ...profile.shapes.flatMap(({ when, prefixes, aliases }) => [
        ...when.map(({ field }) => field),
        ...prefixes.map((prefix) => prefix.replace(/\.$/, '')),
        ...Object.keys(aliases ?? {}),
        ...Object.values(aliases ?? {}).flatMap((paths) =>
          paths.map((path) => (typeof path === 'string' ? path : path.path)),
        ),
      ]),
    ]),
  ),
];
/** Names whole and in their segments, so that nested and dotted forms of one path meet in one event. */
const realKeys = [...new Set(names.flatMap((name) => [name, ...name.split('.')]))].filter(
  (key) => key !== '*',
);
const oddKeys = [
  '__proto__',
  'constructor',
  'toString',
  '',
  '0',
  '7',
  '42',
  '4294967295',
  '01',
  '.',
  'a.b',
  'a',
  'b',
  'ключ',
  '鍵',
  '🔑',
  '"',
  // With these the engine's own parser takes some keys for others; see decode/parse-json.ts.
  '\\',
  'a\\',
  'a\\z',
  'a\nb',
  '\u0000',
  'x'.repeat(300),
];

/** Fields that a test should ask for: those of the profiles and those with names that nobody would choose. */
export const hostileFields: readonly string[] = [
  ...new Set([...names, ...oddKeys, 'a.b.a', 'ключ.a', '__proto__.a', '0.a']),
];

const texts = [
  'Security',
  'Microsoft-Windows-Sysmon/Operational',
  'System',
  '4624',
  '4688',
  '1',
  '-',
  '',
  '(empty)',
  'conn',
  'dns',
  '2026-01-15T09:00:00.123Z',
  '2026-01-15 09:00:00',
  '1768469400.5',
  'SYSCALL',
  'C:\\Windows\\x.exe',
  'CORP\\bob',
  '10.0.0.1',
  'MD5=0123456789abcdef0123456789abcdef',
  'Jan 15 09:30:00 host sshd[12]: Accepted password for bob from 10.0.0.1 port 22 ssh2',
  'true',
  'null',
  '0x1f',
  '{"a":1}',
  'ä',
  '漢字',
  '😀',
  '\ud800',
  '\udc00x',
  '"',
  '\\',
  '\\"',
  'tab\t',
  '\u0000',
  '\u007f',
  '\u2028',
];
const numbers = [
  '0',
  '-0',
  '1',
  '-1',
  '4624',
  '4688',
  '1.5',
  '1e2',
  '1E400',
  '-1e400',
  '1e-400',
  '12345678901234567890',
  '-9223372036854775808',
  '9007199254740993',
  '9007199254740992.0',
  '1e20',
  '123456789012345680000.0',
  '1e21',
  '0.1',
  '1768469400',
  '1768469400123',
  '1768469400.123456',
  '5e-324',
  '1.7976931348623157e308',
  '0e999',
  '1e0400',
];

const space = fc.constantFrom('', '', '', ' ', '\t', '\r\n', '\n', '  \n ');
const spelling = fc.constantFrom('plain', 'plain', 'plain', 'first', 'all', 'slash');

/** A string in one of the ways in which JSON can write it. */
const written = (text: string, way: string): string => {
  const escaped = (unit: string, upper = false): string => {
    const digits = unit.charCodeAt(0).toString(16).padStart(4, '0');
    return `\\u${upper ? digits.toUpperCase() : digits}`;
  };
  if (way === 'all')
    return `"${text
      .split('')
      .map((unit, index) => escaped(unit, index % 2 === 0))
      .join('')}"`;
  const usual = JSON.stringify(text);
  if (way === 'slash') return usual.replaceAll('/', '\\/');
  if (way === 'first' && text !== '' && usual[1] !== '\\' && text.charCodeAt(0) < 0x80)
    return `"${escaped(text[0] ?? '')}${usual.slice(2)}`;
  return usual;
};

const key = fc
  .tuple(
    fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom(...realKeys) },
      { weight: 2, arbitrary: fc.constantFrom(...oddKeys) },
      { weight: 1, arbitrary: fc.string().filter((text) => !text.includes('\\')) },
    ),
    spelling,
  )
  .map(([text, way]) => written(text, way));
const scalar = fc.oneof(
  fc
    .tuple(
      fc.oneof(
        fc.constantFrom(...texts),
        fc.string({ unit: 'binary' }),
        fc.nat(50).map((length) => 'x'.repeat(length)),
      ),
      spelling,
    )
    .map(([text, way]) => written(text, way)),
  fc.constantFrom(...numbers),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.constantFrom('true', 'false', 'null'),
);

const { object } = fc.letrec<{ object: Json; value: Json }>((tie) => ({
  object: fc
    .array(fc.tuple(key, tie('value')), { maxLength: 8 })
    .map((members): Json => ({ kind: 'object', members })),
  value: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    { weight: 5, arbitrary: scalar.map((text): Json => ({ kind: 'scalar', text })) },
    { weight: 2, arbitrary: tie('object') },
    {
      weight: 2,
      arbitrary: fc
        .array(tie('value'), { maxLength: 4 })
        .map((elements): Json => ({ kind: 'array', elements })),
    },
  ),
}));

/** A value as JSON could have written it. */
export function asJson(value: unknown): Json {
  if (Array.isArray(value)) return { kind: 'array', elements: value.map(asJson) };
  if (typeof value === 'object' && value !== null)
    return {
      kind: 'object',
      members: Object.entries(value).map(([name, member]) => [JSON.stringify(name), asJson(member)]),
    };
  return { kind: 'scalar', text: JSON.stringify(value) };
}

/** The text of a JSON value, with the given white space between its tokens, one after another. */
export function textOf(json: Json, spaces: readonly string[] = ['']): string {
  let used = 0;
  const gap = (): string => {
    used += 1;
    return spaces[used % spaces.length] ?? '';
  };
  const write = (value: Json): string => {
    if (value.kind === 'scalar') return value.text;
    if (value.kind === 'array')
      return `[${gap()}${value.elements.map((element) => `${write(element)}${gap()}`).join(`,${gap()}`)}]`;
    return `{${gap()}${value.members.map(([name, member]) => `${name}${gap()}:${gap()}${write(member)}${gap()}`).join(`,${gap()}`)}}`;
  };
  return write(json);
}

/** The text of a JSON object, of real and of odd keys, or one of `samples` with such keys put among its own. */
export function hostileEvent(samples: readonly object[]): fc.Arbitrary<string> {
  const sample = fc
    .tuple(
      fc.constantFrom(...samples),
      fc.array(fc.tuple(fc.nat(), key, object), { maxLength: 4 }),
      fc.array(fc.tuple(fc.nat(), fc.nat(), scalar), { maxLength: 3 }),
    )
    .map(([event, additions, twice]): Json => {
      const members = [...(asJson(event) as Extract<Json, { kind: 'object' }>).members];
      for (const [place, name, value] of additions)
        members.splice(place % (members.length + 1), 0, [name, value]);
      for (const [from, place, text] of twice) {
        const [name] = members[from % members.length] ?? ['"a"'];
        members.splice(place % (members.length + 1), 0, [name, { kind: 'scalar', text }]);
      }
      return { kind: 'object', members };
    });
  return fc
    .tuple(fc.oneof(object, sample), fc.array(space, { minLength: 1, maxLength: 7 }))
    .map(([json, spaces]) => textOf(json, spaces));
}
