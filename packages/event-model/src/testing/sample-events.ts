import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = join(import.meta.dirname, '../profiles/samples');

/** The sample events of all profiles. */
export const sampleEvents: readonly object[] = globSync('*/*.json', { cwd: folder })
  .sort()
  .map((path) => (JSON.parse(readFileSync(join(folder, path), 'utf8')) as { readonly event: object }).event);
