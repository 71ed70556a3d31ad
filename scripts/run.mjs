// The entry of every `npm run` command. Plain JavaScript and Node's own modules only: it runs before anything is installed,
// on any Node from 20.19. It installs and generates what is missing or out of date, then runs the task on the Node that
// package.json pins (node_modules/.bin/node), which runs TypeScript as it is.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { prepare, SetupError } from './prepare.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const bin = (name) => path.join(root, 'node_modules', '.bin', name);
const cli = path.join(root, 'apps/cli/src/main.ts');

const vitest = (...args) => [bin('vitest'), 'run', ...args];
const coverage = [
  '--coverage',
  '--coverage.thresholds.lines=80',
  '--coverage.thresholds.statements=80',
  '--coverage.thresholds.functions=80',
];

/** The steps of a task: each `[title, command line]`; `args` are what the user gave behind the task's name. */
const tasks = {
  start: (args) => [[null, [cli, 'up', ...args]]],
  demo: (args) => [[null, [cli, 'demo', ...args]]],
  parapet: (args) => [[null, [cli, ...args]]],
  generate: () => [],
  check: () => [
    ['format, lint, imports between rooms', [bin('biome'), 'ci', '--error-on-warnings', '.']],
    ['lockfile and repository hygiene', [path.join(root, 'scripts/check-repository.ts')]],
    ['types', [bin('turbo'), 'run', 'typecheck', '--output-logs=errors-only']],
    ['unused code and dependencies', [bin('knip'), '--no-config-hints']],
    ['supergraph composes', [path.join(root, 'apps/gateway/src/compose-main.ts'), '--check']],
    ['configuration table', [path.join(root, 'scripts/config-table.ts'), '--check']],
  ],
  test: (args) =>
    args.length > 0
      ? [['tests', vitest(...args)]]
      : [
          ...tasks.check(),
          [
            'unit and integration tests',
            vitest('--project', 'unit', '--project', 'integration', ...coverage),
          ],
          ['end to end', vitest('--project', 'e2e')],
        ],
  'test:kafka': (args) => [['contract suite on Apache Kafka', vitest('--project', 'kafka', ...args)]],
  'test:chaos': (args) => [['chaos', vitest('--project', 'chaos', ...args)]],
  'test:corpus': (args) => [['corpus', vitest('--project', 'corpus', ...args)]],
  bench: (args) => [['benchmarks', [path.join(root, 'bench/run.ts'), ...args]]],
};

const [name, ...rest] = process.argv.slice(2);
const task = Object.hasOwn(tasks, name ?? '') ? tasks[name] : undefined;
if (task === undefined) {
  console.error(`usage: node scripts/run.mjs ${Object.keys(tasks).join('|')} [options]`);
  process.exit(2);
}

try {
  await prepare(root);
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(`parapet: ${error.message}`);
  process.exit(error.exitCode);
}

const steps = task(rest);
for (const [index, [title, command]] of steps.entries()) {
  const started = Date.now();
  if (title !== null) console.error(`\n==> ${title} (${index + 1} of ${steps.length})`);
  const code = await run(command);
  if (code !== 0) {
    if (title !== null) console.error(`\nparapet: "${title}" failed (exit code ${code}).`);
    process.exit(code);
  }
  if (title !== null) console.error(`    ${title}: ${((Date.now() - started) / 1000).toFixed(1)} s`);
}

/**
 * Runs one command to its end and answers its exit code. Scripts run on the pinned Node, native tools as they are. A
 * signal is handed on, once, and the command decides how it ends: a terminal's Ctrl-C reaches the whole group anyway.
 */
function run([file, ...args]) {
  const node = bin('node');
  const isScript = file.endsWith('.ts') || file.endsWith('.mjs');
  const isCli = file === cli;
  const [command, all] = isScript
    ? [node, ['--disable-warning=ExperimentalWarning', file, ...args]]
    : [file, args];
  const child = spawn(command, all, {
    stdio: 'inherit',
    cwd: isCli ? process.cwd() : root,
    env: {
      ...process.env,
      PATH: `${path.join(root, 'node_modules/.bin')}${path.delimiter}${process.env.PATH ?? ''}`,
      // For the command line alone: whatever else runs below a task would take it for where it was called itself.
      ...(isCli ? { PARAPET_INVOKED_FROM: process.env.INIT_CWD ?? process.cwd() } : {}),
      TURBO_TELEMETRY_DISABLED: '1',
      DO_NOT_TRACK: '1',
    },
  });
  const forward = (signal) => {
    // From a terminal the child has had it already (same process group); from elsewhere (kill PID) it has not.
    if (!process.stdin.isTTY) child.kill(signal);
  };
  process.on('SIGINT', forward);
  process.on('SIGTERM', forward);
  process.on('SIGHUP', forward);
  const watch = watchParent(() => child.kill('SIGTERM'));
  return new Promise((resolve) => {
    const done = (code) => {
      clearInterval(watch);
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.off(signal, forward);
      resolve(code);
    };
    child.on('error', (error) => {
      console.error(`parapet: cannot run ${path.relative(root, command)}: ${error.message}`);
      if (!existsSync(command)) console.error('parapet: remove node_modules and run the command again.');
      done(1);
    });
    child.on('exit', (code, signal) => done(code ?? 128 + (constants.signals[signal] ?? 0)));
  });
}

/** npm hands no signal on: when it is gone that was the signal. Whoever runs this file without npm may end before it. */
function watchParent(onGone) {
  const parent = process.ppid;
  if (process.env.npm_lifecycle_event === undefined) return undefined;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    onGone();
  }, 500);
  return watch;
}
