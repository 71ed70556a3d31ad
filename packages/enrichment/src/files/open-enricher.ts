import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { createEnricher } from '../create-enricher.ts';
import { createProviders } from '../create-providers.ts';
import type { Enricher } from '../enrichment.ts';
import { attributesOf, EnrichmentConfigError, parseEnrichmentConfig } from '../enrichment-config.ts';
import { createLookupProvider, type LookupProviderOptions } from '../lookup-provider.ts';
import type { EnrichmentLog } from '../provider.ts';
import { createFileSource } from './file-source.ts';

export interface OpenEnricherOptions {
  /** Path of the configuration; without one only the built-in zones are known. */
  readonly file?: string | undefined;
  readonly log: EnrichmentLog;
  /** Epoch milliseconds. @default Date.now */
  readonly now?: () => number;
  /** Sources that have to be asked, beside those of the configuration. */
  readonly lookups?: readonly Omit<LookupProviderOptions, 'now' | 'log'>[];
}

/**
 * An enricher over the files that a configuration names, loaded once and then kept up to date. Data that cannot be read
 * is reported and tried again; `close` ends that. @throws EnrichmentConfigError for a configuration with mistakes
 */
export async function openEnricher(options: OpenEnricherOptions): Promise<Enricher> {
  const { file, log, now = Date.now, lookups = [] } = options;
  const config = parseEnrichmentConfig(file === undefined ? '' : await readConfig(file));
  const folder = file === undefined ? '.' : path.dirname(path.resolve(file));
  const providers = [
    ...createProviders(config, { sourceOf: (name) => createFileSource(name, folder), now, log }),
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
