import { z } from 'zod';
import { parseNetwork } from './address.ts';
import { attributeLookups } from './attribute-lookups.ts';
import { IndicatorColumns, indicatorFormats } from './indicator-knowledge.ts';
import { valueTypes } from './question.ts';
import { parseYaml, recordFormats } from './records.ts';

/** A configuration that cannot be used; the message lists every mistake. */
export class EnrichmentConfigError extends Error {
  override readonly name = 'EnrichmentConfigError';
}

const name = z.string().regex(/^[\w.-]{1,64}$/, 'use letters, digits, "_", "." and "-", at most 64');

/** What every provider with a file has. */
const file = {
  name,
  /** Relative to the configuration file. */
  file: z.string().min(1).max(4096),
  /** How often the file is looked at. */
  refreshSeconds: z.number().min(1).max(86_400).default(30),
  /** Longest time for one read. */
  timeoutSeconds: z.number().min(0.1).max(600).default(30),
  /** Data older than this is used, and reported as stale. */
  staleAfterSeconds: z.number().min(1).optional(),
};

/** A query whose rows are the records, in place of a file. */
const PostgresQuery = z.strictObject({
  urlFrom: z.string().regex(/^[A-Za-z_]\w{0,127}$/, 'is no name of an environment variable'),
  query: z.string().trim().min(1).max(100_000),
});
export type PostgresQuery = z.infer<typeof PostgresQuery>;

/** Of records that may come from a file or a database. */
const records = {
  ...file,
  file: file.file.optional(),
  postgres: PostgresQuery.optional(),
  format: z.enum(recordFormats).optional(),
};
const hasOneSource = ({ file: path, postgres }: { file?: string | undefined; postgres?: unknown }): boolean =>
  (path === undefined) !== (postgres === undefined);
const oneSource = { message: 'needs either file or postgres, and not both', path: ['file'] };

const zones = z.record(
  z.string().min(1).max(256),
  z.strictObject({
    networks: z
      .array(
        z
          .string()
          .refine((text) => parseNetwork(text) !== undefined, 'is no CIDR network, such as 10.1.0.0/16'),
      )
      .min(1)
      .max(100_000),
    internal: z.boolean().default(true),
  }),
);

const Provider = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('asset'), ...records }).refine(hasOneSource, oneSource),
  z.strictObject({ kind: z.literal('user'), ...records }).refine(hasOneSource, oneSource),
  z.strictObject({ kind: z.literal('location'), ...file }),
  z.strictObject({ kind: z.literal('autonomous_system'), ...file }),
  z.strictObject({
    kind: z.literal('indicator'),
    ...file,
    format: z.enum(indicatorFormats).optional(),
    /** The file lists what is known to be good: no indicator of any list counts for it. */
    allow: z.boolean().default(false),
    /** Shown with each answer. @default the provider's name */
    list: z.string().min(1).max(256).optional(),
    header: z.array(z.string()).min(1).max(200).optional(),
    columns: IndicatorColumns.prefault({}),
    threat: z.string().min(1).max(256).optional(),
    confidence: z.number().min(0).max(100).optional(),
  }),
  z.strictObject({
    kind: z.literal('zone'),
    name,
    zones,
    /** Whether the built-in zones (private, loopback, internet, ...) hold where no zone of the list does. */
    defaults: z.boolean().default(true),
  }),
]);
export type ProviderConfig = z.infer<typeof Provider>;

export const EnrichmentConfig = z.strictObject({
  /** Longest time that a batch waits for asynchronous lookups, milliseconds. */
  prepareMs: z.number().min(0).max(10_000).default(50),
  providers: z
    .array(Provider)
    .max(200)
    .default([])
    .refine(
      (list) => new Set(list.map((one) => one.name)).size === list.length,
      'two providers have the same name',
    )
    .refine(
      (list) => list.filter((one) => one.kind === 'zone').length <= 1,
      'one provider of the kind zone lists all zones',
    ),
  /** More attributes to look up, and what their values are asked as; replaces what is built in for the same attribute. */
  attributes: z
    .record(
      z.string().regex(/^[a-z0-9_]+(?:\.[a-z0-9_]+)*$/, 'is no attribute path'),
      z.array(z.enum(valueTypes)),
    )
    .default({}),
});
export type EnrichmentConfig = z.infer<typeof EnrichmentConfig>;

/** @throws EnrichmentConfigError that lists every mistake */
export function parseEnrichmentConfig(text: string): EnrichmentConfig {
  let value: unknown;
  try {
    value = parseYaml(text) ?? {};
  } catch (cause) {
    throw new EnrichmentConfigError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
  const parsed = EnrichmentConfig.safeParse(value);
  if (parsed.success) return parsed.data;
  const mistakes = parsed.error.issues.map((issue) => {
    const place = issue.path.length === 0 ? 'the file' : issue.path.join('.');
    // Of a wrong key only the inner issue says what is wrong with it.
    const reason = issue.code === 'invalid_key' ? (issue.issues[0]?.message ?? issue.message) : issue.message;
    return `${place}: ${reason}`;
  });
  throw new EnrichmentConfigError(
    `The enrichment configuration has mistakes: ${mistakes.slice(0, 50).join('; ')}.`,
  );
}

/** The attributes that a configuration looks up. */
export function attributesOf({ attributes }: EnrichmentConfig): typeof attributeLookups {
  const changed = Object.entries(attributes).map(([path, types]) => ({
    ...attributeLookups.find((known) => known.path === path),
    path,
    types,
  }));
  return [...attributeLookups.filter(({ path }) => !(path in attributes)), ...changed];
}
