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

const { env } = process;
const stopping = new AbortController();
const stop = () => {
  // Whoever asks twice does not want to wait.
  if (stopping.signal.aborted) process.exit(exitCodes.interrupted);
  stopping.abort();
};
process.on('SIGINT', stop);
process.on('SIGTERM', stop);
process.on('SIGHUP', stop);
// The reader of a pipe may leave early (`parapet tail | head`): that is no fault.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') stopping.abort(error);
  else throw error;
});

const manifest = JSON.parse(readFileSync(path.join(projectPaths.root, 'package.json'), 'utf8')) as {
  version: string;
};
process.exitCode = await runCommand(
  {
    terminal: createTerminal({ out: process.stdout, err: process.stderr, env }),
    env,
    cwd: process.cwd(),
    signal: stopping.signal,
    startedAt,
  },
  process.argv.slice(2),
  manifest.version,
);
process.exit();
