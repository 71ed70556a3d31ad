// Makes a checkout ready to run: installs packages, generates the Prisma client and compiles the decoder's core, each only when it is
// missing or out of date.
// Safe to interrupt at any point: a step leaves its stamp only when it is complete, and a step without its stamp is done again.
// What a step starts is a process group of its own, ended with us; the lock names it too, in case we are killed.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  accessSync,
  appendFileSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { constants as osConstants } from 'node:os';
import path from 'node:path';

const oldest = [20, 19];

/** Something a person has to put right; the message says what to do. */
export class SetupError extends Error {
  exitCode = 1;
}

class Interrupted extends SetupError {
  constructor(signal) {
    super('set-up interrupted; nothing half-done is used. Run the command again to go on.');
    this.exitCode = 128 + (osConstants.signals[signal] ?? 0);
  }
}

/** @param {string} root the project's folder */
export async function prepare(root) {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < oldest[0] || (major === oldest[0] && minor < oldest[1])) {
    throw new SetupError(
      `Node ${process.versions.node} is too old: install Node ${oldest.join('.')} or newer (https://nodejs.org), then run this again.`,
    );
  }
  const steps = [packagesStep(root), clientStep(root), coreStep(root)];
  if (steps.every((step) => step.isCurrent())) return;
  const held = await lock(root);
  try {
    for (const step of steps) {
      // Asked again: while we waited for the lock another run may have done it.
      if (!step.isCurrent()) await step.run(held);
    }
  } catch (error) {
    if (error instanceof SetupError) throw error;
    throw new SetupError(
      `set-up failed: ${error.message}. Run the command again; if it fails again, remove node_modules first.`,
    );
  } finally {
    held.release();
  }
}

function packagesStep(root) {
  const stamp = path.join(root, 'node_modules', '.parapet-installed');
  const wanted = digest(root, ['package-lock.json', '.npmrc'], `${process.platform}-${process.arch}`);
  return {
    isCurrent: () => readText(stamp) === wanted && existsSync(path.join(root, 'node_modules/.bin/node')),
    run: async (held) => {
      // Without a stamp an earlier install was cut short, and what lies there may be half a package: start clean.
      if (!existsSync(stamp)) removeFolder(path.join(root, 'node_modules'));
      rmSync(stamp, { force: true });
      const packages = Object.keys(
        JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8')).packages ?? {},
      ).length;
      console.error(
        `parapet: installing up to ${packages} packages from the npm registry (a minute or two the first time)`,
      );
      const npm = process.env.npm_execpath;
      const [command, first] = npm?.endsWith('.js') ? [process.execPath, [npm]] : ['npm', []];
      // Prisma's own install step would download a binary that Parapet does not use; naming a binary turns that off.
      const env = {
        ...process.env,
        PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
        PRISMA_SKIP_POSTINSTALL_GENERATE: '1',
      };
      const progress = () => `${countPackages(path.join(root, 'node_modules'))} packages in place`;
      // Not `npm ci`: it refuses a lockfile without the optional packages of other platforms, which a partial mirror does not
      // have. With --no-save the lockfile is followed and left as it is.
      const options = ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error'];
      await runStep([command, [...first, ...options]], { root, env, progress, held, what: 'npm install' });
      if (
        !existsSync(path.join(root, 'node_modules/.bin/node')) ||
        !existsSync(path.join(root, 'node_modules/node/bin/node'))
      ) {
        throw new SetupError(
          'the npm package "node" did not install its program. If install scripts are turned off (npm config get ignore-scripts), turn them on for this folder: npm config set ignore-scripts false --location=project, then run this again.',
        );
      }
      writeFileSync(stamp, wanted);
    },
  };
}

function clientStep(root) {
  return generateStep(root, {
    what: 'prisma generate',
    title: 'generating the database client',
    folder: 'packages/database/src/generated',
    product: 'client.ts',
    inputs: ['prisma/schema.prisma'],
    command: [
      'node_modules/prisma/build/index.js',
      'generate',
      '--no-hints',
      '--schema',
      'prisma/schema.prisma',
    ],
    // See docs/ARCHITECTURE.md, "Prisma without its binaries": set for this command alone, `migrate` would silently do nothing.
    env: {
      PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
      PRISMA_HIDE_UPDATE_MESSAGE: '1',
      CHECKPOINT_DISABLE: '1',
    },
  });
}

function coreStep(root) {
  const sources = 'packages/event-model/assembly';
  return generateStep(root, {
    what: "the compilation of the decoder's core (AssemblyScript)",
    title: "compiling the decoder's core",
    folder: 'packages/event-model/src/generated',
    product: 'core-module.ts',
    inputs: filesOf(path.join(root, sources)).map((file) => `${sources}/${file}`),
    command: [`${sources}/build.mjs`],
    env: {},
  });
}

/** Something that is made of files of the checkout by a program that was installed; made again when either changes. */
function generateStep(root, { what, title, folder: name, product, inputs, command, env: more }) {
  const folder = path.join(root, name);
  const stamp = path.join(folder, '.complete');
  const wanted = digest(root, [...inputs, 'package-lock.json']);
  return {
    isCurrent: () => readText(stamp) === wanted && isFilled(path.join(folder, product)),
    run: async (held) => {
      console.error(`parapet: ${title}`);
      removeFolder(folder);
      const env = { ...process.env, ...more };
      const [program, ...args] = command;
      const node = path.join(root, 'node_modules/.bin/node');
      await runStep([node, [path.join(root, program), ...args]], { root, env, held, what });
      writeFileSync(stamp, wanted);
    },
  };
}

/** Runs a step's command; its output is shown only when it fails. Prints a line every five seconds meanwhile. */
async function runStep([command, args], { root, env, progress, held, what }) {
  const started = Date.now();
  const seconds = () => Math.round((Date.now() - started) / 1000);
  const ticker = setInterval(
    () => console.error(`parapet:   ${seconds()} s${progress ? `, ${progress()}` : ''}`),
    5000,
  );
  let output = '';
  // A group of its own, so that ending it ends what npm started too, and so that a terminal's Ctrl-C reaches us alone.
  const child = spawn(command, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  if (child.pid !== undefined) held.add(child.pid);
  const keep = (chunk) => {
    output = (output + chunk).slice(-20_000);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  let interruptedBy;
  let lastResort;
  const interrupt = (signal) => {
    if (interruptedBy === undefined) console.error('parapet: interrupted; stopping the set-up');
    interruptedBy ??= signal;
    endGroup(child.pid, 'SIGTERM');
    lastResort ??= setTimeout(() => endGroup(child.pid, 'SIGKILL'), 5000);
  };
  for (const signal of stopSignals) process.on(signal, interrupt);
  try {
    const code = await new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('exit', (status, signal) => resolve(status ?? signal));
    });
    if (interruptedBy !== undefined) {
      endGroup(child.pid, 'SIGKILL');
      throw new Interrupted(interruptedBy);
    }
    if (code !== 0) throw new SetupError(`${explain(what, output)}\n\n${output.trim()}\n`);
    console.error(`parapet:   done in ${seconds()} s`);
  } catch (error) {
    if (error instanceof SetupError) throw error;
    throw new SetupError(`cannot run ${what}: ${error.message}`);
  } finally {
    clearInterval(ticker);
    clearTimeout(lastResort);
    for (const signal of stopSignals) process.off(signal, interrupt);
  }
}

const stopSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'];

function endGroup(pid, signal) {
  try {
    if (pid !== undefined) process.kill(-pid, signal);
  } catch {
    // It has ended already.
  }
}

/** Removes a folder that a process which is just ending may still be writing to. */
function removeFolder(folder) {
  rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 250 });
}

function explain(what, output) {
  if (/ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ECONNREFUSED|ECONNRESET/.test(output)) {
    return `${what} could not reach the npm registry. Check the network or the proxy settings (npm config get registry), then run this again.`;
  }
  if (/EACCES|EPERM/.test(output))
    return `${what} may not write here. Make this folder and node_modules yours (ls -ld . node_modules), then run this again.`;
  if (/ENOSPC/.test(output)) return `${what}: the disk is full. Free about 1.5 GB, then run this again.`;
  if (/EUSAGE|not in sync|can only install packages when/.test(output)) {
    return `${what}: package.json and package-lock.json do not fit together. After changing a package.json run npm install, then run this again.`;
  }
  return `${what} failed; its output follows. Once it is put right, run this again: nothing half-done is kept.`;
}

/** One set-up at a time in a checkout. The lock names its owner; one whose owner has died is taken over. */
async function lock(root) {
  const folder = path.join(root, '.prepared');
  const file = path.join(folder, 'lock');
  try {
    accessSync(root, constants.W_OK);
    mkdirSync(folder, { recursive: true });
  } catch {
    throw new SetupError(
      `this folder cannot be written: ${root}. Make it yours (chown or chmod), or clone into a folder of your own.`,
    );
  }
  let said = false;
  for (;;) {
    try {
      writeFileSync(file, `${process.pid}\n`, { flag: 'wx' });
      return {
        add: (pid) => appendFileSync(file, `${pid}\n`),
        release: () => rmSync(file, { force: true }),
      };
    } catch (error) {
      if (error.code !== 'EEXIST') throw new SetupError(`cannot write ${file}: ${error.message}`);
    }
    const pids = (readText(file) ?? '')
      .split('\n')
      .map(Number)
      .filter((pid) => pid > 0);
    const holder = pids.find((pid) => isAtWork(pid, root));
    if (pids.length > 0 ? holder === undefined : isOld(file)) {
      rmSync(file, { force: true });
      continue;
    }
    if (!said)
      console.error(
        `parapet: waiting for another set-up of this checkout to end (process ${holder ?? 'unknown'})`,
      );
    said = true;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

/** Whether a process lives and, where that can be told, is at work in this checkout and not a later one of the same number. */
function isAtWork(pid, root) {
  if (!isAlive(pid)) return false;
  try {
    return readlinkSync(`/proc/${pid}/cwd`) === realpathSync(root);
  } catch {
    return true;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Whether a lock without a readable owner was left behind: a live one is written within moments. */
function isOld(file) {
  const stats = statSync(file, { throwIfNoEntry: false });
  return stats !== undefined && Date.now() - stats.mtimeMs > 5000;
}

function digest(root, files, extra = '') {
  const hash = createHash('sha256').update(extra);
  for (const file of files) hash.update(`${file}\n`).update(readText(path.join(root, file)) ?? '');
  return hash.digest('hex');
}

function readText(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function isFilled(file) {
  return (statSync(file, { throwIfNoEntry: false })?.size ?? 0) > 0;
}

function filesOf(folder) {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

/** Packages whose files have begun to arrive: npm makes all the folders first. */
function countPackages(folder) {
  const packages = (parent) =>
    readdirSync(parent)
      .filter((name) => !name.startsWith('.'))
      .flatMap((name) =>
        name.startsWith('@') ? packages(path.join(parent, name)) : [path.join(parent, name)],
      );
  try {
    return packages(folder).filter((each) => existsSync(path.join(each, 'package.json'))).length;
  } catch {
    return 0;
  }
}
