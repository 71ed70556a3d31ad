import { globSync } from 'node:fs';
import path from 'node:path';

/** The rule files below a folder. */
export function listRules(folder: string): string[] {
  return globSync('**/*.{yml,yaml}', { cwd: folder }).map((file) => path.join(folder, file));
}
