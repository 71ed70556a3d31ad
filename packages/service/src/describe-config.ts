import type { z } from 'zod';
import { variableMeta } from './config-values.ts';

export interface ConfigRow {
  readonly name: string;
  /** As one would write it in the environment; undefined = no default. */
  readonly default: string | undefined;
  readonly required: boolean;
  readonly meaning: string;
  readonly secret: boolean;
}

/** One row a variable, in the order of the shape: what the documentation's table of variables is made from. */
export function describeConfig(shape: z.ZodRawShape): ConfigRow[] {
  return Object.entries(shape).map(([name, part]) => {
    const schema = part as z.ZodType;
    const meta = variableMeta(schema);
    const absent = schema.safeParse(undefined);
    return {
      name,
      default: meta.defaultText ?? toText(absent.data),
      required: !absent.success,
      meaning: meta.description,
      secret: meta.secret ?? false,
    };
  });
}

function toText(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  return Array.isArray(value) ? value.join(',') : String(value);
}
