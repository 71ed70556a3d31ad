import { z } from 'zod';
import { Secret } from './secret.ts';

/** What the table of variables and the error messages need to know beside the schema itself. */
export interface VariableMeta {
  /** One sentence for the table of variables. */
  readonly description: string;
  /** Its value is never printed. */
  readonly secret?: boolean;
  /** Variables of the same group are set all or none. */
  readonly together?: string;
  /** The default as written in the environment, where the parsed one would read differently. */
  readonly defaultText?: string;
}

const metaOf = z.registry<VariableMeta>();

/** Attaches the variable's meaning to its schema; call it last, on the outermost schema. */
export function variable<T extends z.ZodType>(schema: T, meta: VariableMeta): T {
  metaOf.add(schema, meta);
  return schema;
}

/** The variable's meaning: what {@link variable} attached, else what zod's `.describe()` did, also below `.optional()` and the like. */
export function variableMeta(schema: z.ZodType): VariableMeta {
  let description = '';
  for (let inner: z.ZodType | undefined = schema; inner; inner = innerOf(inner)) {
    const meta = metaOf.get(inner);
    if (meta) return meta;
    description ||= inner.description ?? '';
  }
  return { description };
}

/** What a wrapper (optional, default) wraps, or a pipe reads first. */
function innerOf(schema: z.ZodType): z.ZodType | undefined {
  const { innerType, in: first } = schema.def as { innerType?: z.ZodType; in?: z.ZodType };
  return innerType ?? first;
}

/** A whole number within bounds. */
export function wholeNumber(bounds: { min: number; max: number }) {
  const message = `must be a whole number from ${bounds.min} to ${bounds.max}`;
  return z
    .string()
    .regex(/^-?\d{1,16}$/, message)
    .transform(Number)
    .pipe(z.number().min(bounds.min, message).max(bounds.max, message));
}

/** A number within bounds; decimals allowed. */
export function decimalNumber(bounds: { min: number; max: number }) {
  const message = `must be a number from ${bounds.min} to ${bounds.max}`;
  return z
    .string()
    .regex(/^-?\d{1,16}(\.\d{1,16})?$/, message)
    .transform(Number)
    .pipe(z.number().min(bounds.min, message).max(bounds.max, message));
}

/** `true` or `false`. */
export function flag() {
  return z.enum(['true', 'false'], 'must be true or false').transform((text) => text === 'true');
}

/** A TCP port; 0 = any free one. */
export function port() {
  return wholeNumber({ min: 0, max: 65_535 });
}

/** A host name or an address to listen on. */
export function host() {
  return z.string().regex(/^[A-Za-z0-9.:_-]{1,253}$/, 'must be a host name or an IP address');
}

/** Free text of at most `max` characters. */
export function text(max = 1000) {
  return z.string().max(max, `must be at most ${max} characters`);
}

/** An absolute http(s) URL; a trailing slash is dropped. */
export function httpUrl() {
  return z
    .url({ protocol: /^https?$/, error: 'must be a URL that starts with http:// or https://' })
    .transform((url) => url.replace(/\/$/, ''));
}

/** A list separated by `separator`; empty items are dropped. */
export function list(separator: ',' | ':', item: z.ZodType<string, string> = text()) {
  return z
    .string()
    .transform((all) => all.split(separator).flatMap((part) => part.trim() || []))
    .pipe(z.array(item).min(1, 'must name at least one').max(100, 'must name at most 100'));
}

/** Wraps a text in a {@link Secret}; apply rules to `schema` before. */
export function secret(schema: z.ZodType<string, string> = text(4096)) {
  return schema.transform((value) => new Secret(value));
}
