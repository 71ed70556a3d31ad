import { z } from 'zod';
import { CommandError } from '../command-error.ts';
import { readRecords } from '../input/read-records.ts';

const text = (error: string) => z.string({ error }).min(1, { error });
const place = (name: string) =>
  z
    .int({ error: `"${name}" has to be a whole number` })
    .min(0)
    .optional();
const fileName = text('"file" has to be the name of a file');

/** The rules that matched one event of a file: one line of a list of matches. */
const EventMatches = z
  .object(
    {
      file: fileName,
      /** Line from 1 in a file of lines. */
      line: place('line'),
      /** Index from 0 in a JSON array. */
      index: place('index'),
      rules: z.array(text('"rules" has to be a list of rule ids'), {
        error: '"rules" has to be a list of rule ids',
      }),
    },
    { error: 'it is no JSON object' },
  )
  .transform(({ file, line, index, rules }, context) => {
    const position = line ?? index;
    if (position !== undefined) return { file, position, rules };
    context.addIssue({ code: 'custom', message: '"line" or "index" is missing' });
    return z.NEVER;
  });

/** A difference that is known and explained; without `file` it holds for the rule in every file. */
const KnownDifference = z.object(
  {
    rule: text('"rule" has to be the id of a rule'),
    kind: z.enum(['missing', 'extra'], { error: '"kind" has to be "missing" or "extra"' }),
    file: fileName.optional(),
    line: place('line'),
    index: place('index'),
    why: text('"why" has to say why it differs'),
  },
  { error: 'it is no JSON object' },
);
export type KnownDifference = z.infer<typeof KnownDifference>;

/** Rules by event; the key is file and position. */
export type MatchTable = Map<string, { file: string; position: number; rules: Set<string> }>;

export interface Difference {
  readonly kind: 'missing' | 'extra';
  readonly rule: string;
  readonly file: string;
  readonly position: number;
  /** Set when it is on the list of known ones. */
  readonly why?: string;
}

/**
 * Reads a list of matches: NDJSON of `{file, line|index, rules}`.
 * @throws {CommandError} when it cannot be read, or a line is none of these.
 */
export async function readExpectedMatches(file: string): Promise<MatchTable> {
  const table: MatchTable = new Map();
  for await (const entry of readLines(file, EventMatches, matchesForm)) {
    for (const rule of entry.rules) addMatch(table, entry, rule);
  }
  return table;
}

export async function readKnownDifferences(file: string): Promise<KnownDifference[]> {
  const known: KnownDifference[] = [];
  for await (const difference of readLines(file, KnownDifference, differenceForm)) known.push(difference);
  return known;
}

/** Every rule that is expected and did not match, or matched and is not expected. `files` limits it to what was replayed. */
export function compareMatches(
  expected: MatchTable,
  actual: MatchTable,
  options: { readonly files: ReadonlySet<string>; readonly known: readonly KnownDifference[] },
): Difference[] {
  const differences: Difference[] = [];
  const add = (kind: Difference['kind'], from: MatchTable, other: MatchTable) => {
    for (const [key, { file, position, rules }] of from) {
      if (!options.files.has(file)) continue;
      for (const rule of rules) {
        if (other.get(key)?.rules.has(rule)) continue;
        const why = options.known.find((known) => covers(known, kind, rule, file, position))?.why;
        differences.push({ kind, rule, file, position, ...(why === undefined ? {} : { why }) });
      }
    }
  };
  add('missing', expected, actual);
  add('extra', actual, expected);
  return differences;
}

function covers(
  known: KnownDifference,
  kind: Difference['kind'],
  rule: string,
  file: string,
  position: number,
): boolean {
  const at = known.line ?? known.index;
  return (
    known.kind === kind &&
    known.rule === rule &&
    (known.file === undefined || known.file === file) &&
    (at === undefined || at === position)
  );
}

/** Enters that `rule` holds for the event at `position` of `file`. */
export function addMatch(
  table: MatchTable,
  { file, position }: { readonly file: string; readonly position: number },
  rule: string,
): void {
  const key = `${file}\n${position}`;
  const entry = table.get(key) ?? { file, position, rules: new Set<string>() };
  entry.rules.add(rule);
  table.set(key, entry);
}

const matchesForm =
  '{"file": "a.ndjson", "line": 1, "rules": ["id", ...]}, in a JSON array "index" for "line"';
const differenceForm =
  '{"rule": "id", "kind": "missing" or "extra", "why": "..."}, with "file" and "line" for one event';

/** @param form how a line has to look */
async function* readLines<T>(file: string, schema: z.ZodType<T>, form: string): AsyncGenerator<T> {
  for await (const { value, line } of readRecords(file)) {
    const result = schema.safeParse(parseJson(value.toString('utf8')));
    if (!result.success)
      throw new CommandError(
        `${file}:${line} cannot be used: ${result.error.issues[0]?.message ?? 'it is no JSON object'}. Each line has to be ${form}.`,
      );
    yield result.data;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
