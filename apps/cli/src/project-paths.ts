import { accessSync, constants, mkdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** Where the parts of the installed project are. */
export const projectPaths = {
  root,
  rules: path.join(root, 'rules'),
  broker: path.join(root, 'packages/embedded-kafka/src/main.ts'),
  processor: path.join(root, 'apps/processor/src/main.ts'),
  events: path.join(root, 'subgraphs/events/src/main.ts'),
  assets: path.join(root, 'subgraphs/assets/src/main.ts'),
  threats: path.join(root, 'subgraphs/threats/src/main.ts'),
  gateway: path.join(root, 'apps/gateway/src/main.ts'),
} as const;

/**
 * Folder beside the installed packages in which Node keeps compiled modules, so that processes start faster the second
 * time; undefined where this user may not write there.
 */
export function sharedCompileCache(): string | undefined {
  const folder = path.join(root, 'node_modules', '.cache', 'parapet', 'compiled');
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
    return folder;
  } catch {
    return undefined;
  }
}
