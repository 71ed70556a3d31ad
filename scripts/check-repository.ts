/**
 * Checks what no other tool looks at: that nothing of one machine or registry is committed, and that rooms depend in one
 * direction. Prints every problem and exits 1 if there is one.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { roomProblems } from './room-dependencies.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const maxLines = 400;

function committedFiles(): string[] {
  return execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 << 20,
  })
    .split('\0')
    .filter((file) => file !== '');
}

/** The text of a file of the checkout; undefined for one that is deleted but not committed yet, or not text. */
function textOf(file: string): string | undefined {
  try {
    const text = readFileSync(path.join(root, file), 'utf8');
    return text.includes('\0') ? undefined : text;
  } catch {
    return undefined;
  }
}

function lockfileProblems(): string[] {
  const text = textOf('package-lock.json');
  if (text === undefined) return ['package-lock.json is missing: run npm install and commit it.'];
  const lock = JSON.parse(text) as { packages: Record<string, { resolved?: string }> };
  return Object.entries(lock.packages)
    .filter(([, entry]) => entry.resolved !== undefined && /^https?:/.test(entry.resolved))
    .map(
      ([name]) =>
        `package-lock.json: ${name} names a registry host. Run npm install with the .npmrc of this folder in force.`,
    );
}

function machineProblems(file: string, text: string): string[] {
  const homes = /(?<![\w$}>])\/(?:root|home\/[a-z][\w-]*|Users\/[A-Za-z][\w-]*)\//;
  const problems: string[] = [];
  if (/(^|\/)\.npmrc$/.test(file) && /^\s*(@[\w-]+:)?registry\s*=/m.test(text))
    problems.push(`${file}: names a registry. Leave that to the user's own npm settings.`);
  text.split('\n').forEach((line, index) => {
    if (homes.test(line) && !line.includes('check-repository: example'))
      problems.push(`${file}:${index + 1}: a path of one machine.`);
  });
  return problems;
}

function sizeProblems(file: string, text: string): string[] {
  if (!/\.(ts|tsx|mjs)$/.test(file)) return [];
  const lines = text
    .split('\n')
    .filter((line) => line.trim() !== '' && !/^\s*(\/\/|\*|\/\*)/.test(line)).length;
  return lines > maxLines
    ? [`${file}: ${lines} lines of code, ${maxLines} at most. Which two things is it?`]
    : [];
}

const problems = [...lockfileProblems(), ...roomProblems(root)];
for (const file of committedFiles()) {
  if (
    file === 'package-lock.json' ||
    file === 'scripts/check-repository.ts' ||
    file.includes('/samples/') ||
    file.startsWith('rules/')
  )
    continue;
  const text = textOf(file);
  if (text === undefined) continue;
  problems.push(...machineProblems(file, text), ...sizeProblems(file, text));
}
for (const problem of problems) console.error(problem);
console.error(
  problems.length === 0 ? 'repository: nothing to put right' : `repository: ${problems.length} to put right`,
);
process.exitCode = problems.length === 0 ? 0 : 1;
