import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { startEmbeddedPostgres } from '@parapet/database/embedded';
import { dataDirHolder } from '../supervisor/data-dir-lock.ts';

/** How the temporary folders of demos begin. */
export const demoPrefix = 'parapet-demo-';

/**
 * Removes what demos of this user left in `temporary` when they were killed: their folders, and a PostgreSQL that still
 * runs on one. What cannot be removed is left for the next time.
 */
export async function removeStaleDemos(temporary: string): Promise<void> {
  for (const name of readdirSync(temporary)) {
    const folder = path.join(temporary, name);
    if (!name.startsWith(demoPrefix) || !isStale(folder)) continue;
    try {
      const postgres = path.join(folder, 'postgres');
      // Starting on a folder is what ends a PostgreSQL that was left behind on it.
      if (existsSync(postgres)) await (await startEmbeddedPostgres({ dir: postgres })).stop();
      rmSync(folder, { recursive: true, force: true });
    } catch {
      // Another demo may be removing it at this moment, or the disk may be full: no reason not to run.
    }
  }
}

/** A demo that has just begun has no lock yet, so that only one with a lock whose process is gone is stale. */
function isStale(folder: string): boolean {
  try {
    return (
      statSync(folder).uid === process.getuid?.() &&
      existsSync(path.join(folder, 'supervisor.lock')) &&
      dataDirHolder(folder) === undefined
    );
  } catch {
    return false;
  }
}
