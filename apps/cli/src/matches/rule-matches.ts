import { z } from 'zod';
import { CommandError } from '../command-error.ts';
import { readRecords } from '../input/read-records.ts';

/** The rules that matched one event of a file: one line of a list of matches. */
const EventMatches = z
  .object({
    file: z.string().min(1),
    /** Line from 1 in a file of lines. */
    line: z.int().min(0).optional(),
    /** Index from 0 in a JSON array. */
    index: z.int().min(0).optional(),
    rules: z.array(z.string().min(1)),
  })
  .transform(({ file, line, index, rules }, context) => {
    const position = line ?? index;
    if (position !== undefined) return { file, position, rules };
    context.addIssue({ code: 'custom', message: 'needs a line or an index' });
    return z.NEVER;
  });

/** A difference that is known and explained; without `file` it holds for the rule in every file. */
const KnownDifference = z.object({
  rule: z.string().min(1),
  kind: z.enum(['missing', 'extra']),
  file: z.string().min(1).optional(),
  line: z.int().min(0).optional(),
  index: z.int().min(0).optional(),
  why: z.string().min(1),
});
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

/** Reads a list of matches: NDJSON of `{file, line|index, rules}`. */
export async function readExpectedMatches(file: string): Promise<MatchTable> {
  const table: MatchTable = new Map();
  for await (const entry of readLines(file, EventMatches)) {
    for (const rule of entry.rules) addMatch(table, entry, rule);
  }
  return table;
}

export async function readKnownDifferences(file: string): Promise<KnownDifference[]> {
  const known: KnownDifference[] = [];
  for await (const difference of readLines(file, KnownDifference)) known.push(difference);
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

async function* readLines<T>(file: string, schema: z.ZodType<T>): AsyncGenerator<T> {
  for await (const { value, line } of readRecords(file)) {
    const result = schema.safeParse(parseJson(value.toString('utf8')));
    if (!result.success)
      throw new CommandError(`${file}:${line} is not as expected: ${z.prettifyError(result.error)}`);
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
