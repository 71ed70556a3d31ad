/**
 * `npm run bench [NAME...]`: runs every benchmark of this folder (or those named), one after the other, each in a process of its own.
 * Each checks its own answer and writes its figures with their conditions to `results/`; this only says which passed.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';

const folder = import.meta.dirname;
const self = path.basename(import.meta.filename);
const all = readdirSync(folder)
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && file !== self)
  .map((file) => file.slice(0, -'.ts'.length))
  .sort();

const wanted = process.argv.slice(2);
if (wanted.includes('--help')) {
  console.log(
    `usage: npm run bench [-- NAME...]\n\n${all.map((name) => `  ${name}`).join('\n')}\n\nExit codes: 0 all ran and checked their answers, 1 one did not, 2 usage.`,
  );
  process.exit(0);
}
const unknown = wanted.filter((name) => !all.includes(name));
if (unknown.length > 0) {
  console.error(`no such benchmark: ${unknown.join(', ')}. There are: ${all.join(', ')}`);
  process.exit(2);
}

const failed: string[] = [];
for (const name of wanted.length > 0 ? wanted : all) {
  console.log(`\n==> ${name}`);
  const { status } = spawnSync(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', path.join(folder, `${name}.ts`)],
    { stdio: 'inherit' },
  );
  if (status !== 0) failed.push(name);
}
if (failed.length > 0) console.error(`\nfailed: ${failed.join(', ')}`);
process.exitCode = failed.length > 0 ? 1 : 0;
