import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { createEnricher } from '../create-enricher.ts';
import { createProviders } from '../create-providers.ts';
import type { Enricher } from '../enrichment.ts';
import { attributesOf, EnrichmentConfigError, parseEnrichmentConfig } from '../enrichment-config.ts';
import { createLookupProvider, type LookupProviderOptions } from '../lookup-provider.ts';
import { createPostgresSource } from '../postgres/postgres-source.ts';
import type { EnrichmentLog } from '../provider.ts';
import { createFileSource } from './file-source.ts';

export interface OpenEnricherOptions {
  /** Path of the configuration; without one only the built-in zones are known. */
  readonly file?: string | undefined;
  readonly log: EnrichmentLog;
  /** Epoch milliseconds. @default Date.now */
  readonly now?: () => number;
  /** Where the URLs of databases are. @default the environment of the process */
  readonly environment?: Environment;
  /** Sources that have to be asked, beside those of the configuration. */
  readonly lookups?: readonly Omit<LookupProviderOptions, 'now' | 'log'>[];
}

/**
 * An enricher over the files and databases that a configuration names, loaded once and then kept up to date. Data that cannot be read
 * is reported and tried again; `close` ends that. @throws EnrichmentConfigError for a configuration with mistakes
 */
export async function openEnricher(options: OpenEnricherOptions): Promise<Enricher> {
  const { file, log, now = Date.now, environment = ownEnvironment, lookups = [] } = options;
  const config = parseEnrichmentConfig(file === undefined ? '' : await readConfig(file));
  const folder = file === undefined ? '.' : path.dirname(path.resolve(file));
  const providers = [
    ...createProviders(config, {
      sourceOf: (name) => createFileSource(name, folder),
      rowsOf: (query, timeoutMs) => createPostgresSource({ ...query, timeoutMs, environment }),
      now,
      log,
    }),
    ...lookups.map((lookup) => createLookupProvider({ ...lookup, now, log })),
  ];
  const enricher = createEnricher({
    providers,
    attributes: attributesOf(config),
    prepareMs: config.prepareMs,
    now,
  });
  await enricher.refresh();
  const timer = setInterval(() => void enricher.refresh(), refreshEveryMs);
  timer.unref();
  return {
    ...enricher,
    async close() {
      clearInterval(timer);
      await enricher.close();
    },
  };
}

/**
 * Finds the mistakes of a configuration without reading any data; also whether the variables that it names are set.
 * @throws EnrichmentConfigError
 */
export function checkEnrichmentConfig(text: string, environment: Environment = ownEnvironment): void {
  for (const provider of parseEnrichmentConfig(text).providers) {
    if ('postgres' in provider && provider.postgres !== undefined)
      createPostgresSource({ ...provider.postgres, timeoutMs: provider.timeoutSeconds * 1000, environment });
  }
}

type Environment = Readonly<Record<string, string | undefined>>;

// biome-ignore lint/style/noProcessEnv: Which variables are read stands in the user's file, so that no schema of ours can list them.
const ownEnvironment: Environment = process.env;

/** Each provider decides whether it is due. */
const refreshEveryMs = 1_000;

async function readConfig(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    throw new EnrichmentConfigError(`The enrichment configuration ${file} cannot be read (${reason}).`, {
      cause,
    });
  }
}
