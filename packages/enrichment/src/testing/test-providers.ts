import { createEnricher, type EnricherOptions } from '../create-enricher.ts';
import { createProviders } from '../create-providers.ts';
import type { Enricher } from '../enrichment.ts';
import { attributesOf, parseEnrichmentConfig } from '../enrichment-config.ts';
import type { EnrichmentLog, Provider } from '../provider.ts';

export interface TestLog extends EnrichmentLog {
  readonly warnings: string[];
  /** What is meant for people. */
  readonly notices: string[];
}

export function createTestLog(): TestLog {
  const warnings: string[] = [];
  const notices: string[] = [];
  return {
    warnings,
    notices,
    info: () => undefined,
    warn: (fields, message) => {
      if ('notice' in fields && fields.notice === true) notices.push(message);
      warnings.push(String((fields as { problem?: unknown }).problem));
    },
  };
}

/** Files in memory; a file that is an error cannot be read. */
export type TestFiles = Map<string, string | Uint8Array | Error>;

export interface TestEnricherOptions extends Omit<Partial<EnricherOptions>, 'providers' | 'now'> {
  readonly files?: TestFiles;
  readonly log?: TestLog;
  readonly now?: () => number;
  readonly more?: readonly Provider[];
}

/** An enricher over a configuration and files in memory, loaded. */
export async function enricherOf(config: string, options: TestEnricherOptions = {}): Promise<Enricher> {
  const { files = new Map(), log = createTestLog(), now = () => 1_000, more = [], ...rest } = options;
  const parsed = parseEnrichmentConfig(config);
  const providers = createProviders(parsed, {
    now,
    log,
    rowsOf: ({ query }) => {
      throw new Error(`There is no database to ask: ${query}`);
    },
    sourceOf: (file) => ({
      async read(version) {
        const content = files.get(file) ?? new Error(`${file} cannot be read (ENOENT).`);
        if (content instanceof Error) throw content;
        const bytes = Buffer.from(content);
        const current = bytes.toString('base64');
        return current === version ? undefined : { bytes, modifiedAt: now(), version: current };
      },
    }),
  });
  const enricher = createEnricher({
    attributes: attributesOf(parsed),
    ...rest,
    providers: [...providers, ...more],
    now,
  });
  await enricher.refresh();
  return enricher;
}
