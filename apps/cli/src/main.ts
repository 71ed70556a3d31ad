#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import path from 'node:path';
import { projectPaths, sharedCompileCache } from './project-paths.ts';

const startedAt = performance.now();
const compileCache = sharedCompileCache();
if (compileCache !== undefined) enableCompileCache(compileCache);

const { runCommand } = await import('./run-command.ts');
const { createTerminal } = await import('./terminal/terminal.ts');
const { exitCodes } = await import('./command-error.ts');
const { whyNot } = await import('./why-not.ts');

const { env } = process;
const stopping = new AbortController();
let askedAt = 0;
const stop = () => {
  // Whoever asks twice does not want to wait. One request may come twice, though: to the whole group of processes, from those that hand it
  // on, and from npm's end.
  if (stopping.signal.aborted && performance.now() - askedAt > onceMs) process.exit(exitCodes.interrupted);
  if (!stopping.signal.aborted) askedAt = performance.now();
  stopping.abort();
};
const onceMs = 1_500;
process.on('SIGINT', stop);
process.on('SIGTERM', stop);
process.on('SIGHUP', stop);
let unwritten: NodeJS.ErrnoException | undefined;
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // The reader of a pipe may leave early (`parapet tail | head`): that is no fault.
  if (error.code !== 'EPIPE') unwritten ??= error;
  stopping.abort(error);
});
// With nobody left to tell there is nothing to do.
process.stderr.on('error', () => undefined);

const manifest = JSON.parse(readFileSync(path.join(projectPaths.root, 'package.json'), 'utf8')) as {
  version: string;
};
const terminal = createTerminal({ out: process.stdout, err: process.stderr, env });
process.exitCode = await runCommand(
  {
    terminal,
    env,
    cwd: process.cwd(),
    signal: stopping.signal,
    startedAt,
  },
  process.argv.slice(2),
  manifest.version,
);
// What was written last may still fail, and who reads the result must not take none for an empty one.
await new Promise<void>((written) => process.stdout.write('', () => written()));
if (unwritten !== undefined) {
  terminal.note(`parapet: Standard output cannot be written: ${whyNot(unwritten)}`);
  process.exitCode = exitCodes.failed;
}
process.exit();
