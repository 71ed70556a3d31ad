import { readFile } from 'node:fs/promises';
import { checkEnrichmentConfig } from '@parapet/enrichment/files';
import { readConfigured } from '@parapet/service';

/** Every worker reads the file for itself; its mistakes are found before there are any. @throws ConfigError that names it */
export async function checkEnrichmentFile(file: string | undefined): Promise<void> {
  if (file === undefined) return;
  await readConfigured(async () => {
    try {
      checkEnrichmentConfig(await readFile(file, 'utf8'));
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`ENRICHMENT_FILE ${file}: ${reason}`, { cause });
    }
  });
}
