/**
 * Writes docs/CONFIGURATION.md and .env.example from the schemas that the processes read their environment by.
 * `--check` writes nothing and exits 1 when they are out of date.
 */
import { globSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { toConfigurationPage, toEnvExample, toVariables } from './config-variables.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The shapes of all processes, by process. */
async function readShapes(): Promise<Map<string, Record<string, unknown>>> {
  const files = globSync('{apps,subgraphs,packages}/*/src/{config,broker-config}.ts', { cwd: root });
  const shapes = new Map<string, Record<string, unknown>>();
  for (const file of files.filter((one) => !one.startsWith('packages/service/')).sort()) {
    const room = file.split('/')[1] ?? file;
    const exported = (await import(pathToFileURL(path.join(root, file)).href)) as Record<string, unknown>;
    for (const [name, shape] of Object.entries(exported)) {
      if (/^config$|Config$/.test(name) && typeof shape === 'object' && shape !== null)
        shapes.set(room, { ...shapes.get(room), ...shape });
    }
  }
  return shapes;
}

/** The files that are made, with the text they should have. */
export async function configurationFiles(): Promise<{ file: string; text: string }[]> {
  const variables = toVariables(await readShapes());
  return [
    { file: 'docs/CONFIGURATION.md', text: toConfigurationPage(variables) },
    { file: '.env.example', text: toEnvExample(variables) },
  ];
}

/** Those of the files that do not have the text they should have. */
export async function outdatedFiles(): Promise<string[]> {
  const files = await configurationFiles();
  const texts = await Promise.all(
    files.map(({ file }) => readFile(path.join(root, file), 'utf8').catch(() => '')),
  );
  return files.flatMap(({ file, text }, index) => (texts[index] === text ? [] : [file]));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const outdated = await outdatedFiles();
  if (process.argv.includes('--check')) {
    for (const file of outdated) console.error(`${file} is out of date: run node scripts/config-table.ts`);
    process.exitCode = outdated.length > 0 ? 1 : 0;
  } else {
    for (const { file, text } of await configurationFiles()) await writeFile(path.join(root, file), text);
    console.log(outdated.length > 0 ? `Wrote ${outdated.join(', ')}.` : 'Everything is up to date.');
  }
}
