import { execFile } from 'node:child_process';
import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

const room = path.join(import.meta.dirname, '..');
const root = path.join(room, '../..');

/**
 * Writes the package as npm users get it: JavaScript and declarations, since Node does not strip types inside
 * node_modules, with a manifest that points at them. What was in the folder is removed.
 */
export async function buildPackage(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  const tsc = path.join(root, 'node_modules/.bin/tsc');
  await promisify(execFile)(tsc, ['-p', path.join(room, 'tsconfig.build.json'), '--outDir', folder]);
  const { name, version, description, license, type, dependencies } = JSON.parse(
    await readFile(path.join(room, 'package.json'), 'utf8'),
  ) as Record<string, unknown>;
  const manifest = {
    name,
    version,
    description,
    keywords: ['sigma', 'detection', 'siem', 'security'],
    license,
    type,
    sideEffects: false,
    engines: { node: '>=22' },
    exports: { '.': { types: './index.d.ts', default: './index.js' } },
    dependencies,
  };
  await writeFile(path.join(folder, 'package.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
  await cp(path.join(root, 'LICENSE'), path.join(folder, 'LICENSE'));
  for (const part of ['README.md', 'docs'])
    await cp(path.join(room, part), path.join(folder, part), { recursive: true });
}
