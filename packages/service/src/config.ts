import { z } from 'zod';
import { variableMeta } from './config-values.ts';

/** Every problem of a configuration at once; its message lists them one a line and holds no secret's value. */
export class ConfigError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[], options?: ErrorOptions) {
    super(
      `The configuration has ${problems.length} problem(s):\n${problems.map((p) => `  - ${p}`).join('\n')}`,
      options,
    );
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

/**
 * What `read` makes of that which a variable names, such as a file. Its message must say which.
 * @throws {ConfigError} whatever `read` throws: no start can succeed before somebody corrects it.
 */
export async function readConfigured<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    throw new ConfigError([cause instanceof Error ? cause.message : String(cause)], { cause });
  }
}

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * A configuration read from environment variables. `shape` maps variable names to schemas that take the text and give the
 * typed value; an empty or blank variable counts as unset.
 * @throws {ConfigError} from `parse`, listing all problems.
 */
export function defineConfig<S extends z.ZodRawShape>(
  shape: S,
): {
  readonly shape: S;
  parse(env: Environment): z.output<z.ZodObject<S>>;
} {
  const schema = z.object(shape);
  return {
    shape,
    parse(env) {
      const given: Record<string, string> = Object.create(null);
      for (const name of Object.keys(shape)) {
        const value = Object.hasOwn(env, name) ? env[name]?.trim() : undefined;
        if (value) given[name] = value;
      }
      const parsed = schema.safeParse(given);
      const problems = [
        ...describeIssues(parsed.error?.issues ?? [], shape, given),
        ...halfSetGroups(shape, given),
      ];
      if (!parsed.success || problems.length > 0) throw new ConfigError(problems);
      return Object.freeze(parsed.data) as z.output<z.ZodObject<S>>;
    },
  };
}

function describeIssues(
  issues: readonly z.core.$ZodIssue[],
  shape: z.ZodRawShape,
  given: Readonly<Record<string, string>>,
): string[] {
  // A list reports an issue for each bad item: one line a variable and message is enough.
  return [...new Set(issues.map((issue) => describeIssue(issue, shape, given)))];
}

function describeIssue(
  issue: z.core.$ZodIssue,
  shape: z.ZodRawShape,
  given: Readonly<Record<string, string>>,
): string {
  const name = String(issue.path[0] ?? '');
  const meta = variableMeta(shape[name] as z.ZodType);
  const value = given[name];
  const meaning = meta.description ? ` It is: ${meta.description}` : '';
  if (value === undefined) return `${name} is required but not set.${meaning}`;
  const shown = meta.secret ? 'a value that is not shown' : JSON.stringify(value.slice(0, 200));
  return `${name} was given ${shown}, but ${issue.message}.${meaning}`;
}

function halfSetGroups(shape: z.ZodRawShape, given: Readonly<Record<string, string>>): string[] {
  const names = Object.keys(shape);
  const groups = Map.groupBy(names, (name) => variableMeta(shape[name] as z.ZodType).together);
  return [...groups].flatMap(([group, members]) => {
    if (group === undefined) return [];
    const missing = members.filter((name) => given[name] === undefined);
    if (missing.length === 0 || missing.length === members.length) return [];
    return [`${missing.join(', ')} must be set too: set all of ${members.join(', ')} or none of them.`];
  });
}
