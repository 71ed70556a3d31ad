import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) {
    chmodSync(folder, 0o755);
    rmSync(folder, { recursive: true, force: true });
  }
});

/** A checkout with a package manager that leaves what the real one would, and counts its calls. */
function aCheckout({ npm = workingNpm }: { npm?: string } = {}) {
  const root = mkdtempSync(path.join(tmpdir(), 'parapet-prepare-'));
  folders.push(root);
  writeFileSync(path.join(root, 'package-lock.json'), '{"packages":{"":{},"node_modules/a":{}}}');
  writeFileSync(path.join(root, '.npmrc'), '');
  mkdirSync(path.join(root, 'prisma'));
  writeFileSync(path.join(root, 'prisma/schema.prisma'), '// one');
  const core = path.join(root, 'packages/event-model/assembly');
  mkdirSync(core, { recursive: true });
  writeFileSync(path.join(core, 'index.ts'), '// one');
  writeFileSync(path.join(core, 'build.mjs'), compiler);
  writeFileSync(path.join(root, 'npm-cli.js'), npm);
  const prepare = path.join(import.meta.dirname, 'prepare.mjs');
  const script = `import { prepare } from ${JSON.stringify(prepare)};
    try { await prepare(process.cwd()); } catch (error) { console.error(error.constructor.name + ': ' + error.message); process.exit(error.exitCode ?? 1); }`;
  const args = ['--input-type=module', '-e', script];
  const env = { ...process.env, npm_execpath: path.join(root, 'npm-cli.js'), REAL_NODE: process.execPath };
  const run = () => {
    const { status, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8', env });
    return { status, stderr };
  };
  const start = () => spawn(process.execPath, args, { cwd: root, env, stdio: 'ignore' });
  const calls = () =>
    existsSync(path.join(root, 'calls'))
      ? readFileSync(path.join(root, 'calls'), 'utf8').trim().split('\n')
      : [];
  return { root, run, start, calls };
}

/** A zombie has ended too: nobody may be there to collect it. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
}

const workingNpm = `
  const fs = require('node:fs');
  fs.appendFileSync('calls', process.argv[2] + '\\n');
  for (const folder of ['node_modules/.bin', 'node_modules/node/bin', 'node_modules/prisma/build']) fs.mkdirSync(folder, { recursive: true });
  for (const file of ['node_modules/.bin/node', 'node_modules/node/bin/node']) if (!fs.existsSync(file)) fs.symlinkSync(process.env.REAL_NODE, file);
  fs.writeFileSync('node_modules/prisma/build/index.js', "const fs = require('node:fs'); fs.appendFileSync('calls', 'generate\\\\n'); fs.mkdirSync('packages/database/src/generated', { recursive: true }); fs.writeFileSync('packages/database/src/generated/client.ts', '// client');");
`;

const compiler = `
  import fs from 'node:fs';
  fs.appendFileSync('calls', 'compile\\n');
  fs.mkdirSync('packages/event-model/src/generated', { recursive: true });
  fs.writeFileSync('packages/event-model/src/generated/core-module.ts', '// core');
`;

test('installs and generates once, and again only for what changed', () => {
  const checkout = aCheckout();
  expect(checkout.run()).toMatchObject({ status: 0 });
  expect(checkout.calls()).toEqual(['install', 'generate', 'compile']);

  expect(checkout.run()).toEqual({ status: 0, stderr: '' });
  expect(checkout.calls()).toEqual(['install', 'generate', 'compile']);

  writeFileSync(path.join(checkout.root, 'prisma/schema.prisma'), '// two');
  expect(checkout.run()).toMatchObject({ status: 0 });
  expect(checkout.calls()).toEqual(['install', 'generate', 'compile', 'generate']);

  writeFileSync(path.join(checkout.root, 'packages/event-model/assembly/index.ts'), '// two');
  expect(checkout.run()).toMatchObject({ status: 0 });
  expect(checkout.calls()).toEqual(['install', 'generate', 'compile', 'generate', 'compile']);
});

test('makes again what was made and is gone or empty', () => {
  const checkout = aCheckout();
  expect(checkout.run()).toMatchObject({ status: 0 });
  writeFileSync(path.join(checkout.root, 'packages/event-model/src/generated/core-module.ts'), '');
  rmSync(path.join(checkout.root, 'packages/database/src/generated/client.ts'));
  expect(checkout.run()).toMatchObject({ status: 0 });
  expect(checkout.calls()).toEqual(['install', 'generate', 'compile', 'generate', 'compile']);
});

test('does an install that was cut short again, from a clean folder', () => {
  const checkout = aCheckout();
  mkdirSync(path.join(checkout.root, 'node_modules/half'), { recursive: true });
  expect(checkout.run()).toMatchObject({ status: 0 });
  expect(existsSync(path.join(checkout.root, 'node_modules/half'))).toBe(false);
  expect(checkout.calls()).toEqual(['install', 'generate', 'compile']);
});

test('a failed install ends with the output and what to do, and leaves nothing that looks complete', () => {
  const checkout = aCheckout({ npm: "console.error('npm error code ENOTFOUND'); process.exit(1);" });
  const { status, stderr } = checkout.run();
  expect(status).toBe(1);
  expect(stderr).toContain('SetupError: npm install could not reach the npm registry');
  expect(stderr).toContain('npm error code ENOTFOUND');
  expect(existsSync(path.join(checkout.root, '.prepared/lock'))).toBe(false);

  writeFileSync(path.join(checkout.root, 'npm-cli.js'), workingNpm);
  expect(checkout.run()).toMatchObject({ status: 0 });
});

test('says so when install scripts are turned off', () => {
  const checkout = aCheckout({ npm: "require('node:fs').mkdirSync('node_modules', { recursive: true });" });
  expect(checkout.run().stderr).toContain('npm config set ignore-scripts false');
});

test('takes over the lock of a set-up that was killed', () => {
  const checkout = aCheckout();
  mkdirSync(path.join(checkout.root, '.prepared'));
  const dead = spawnSync(process.execPath, ['-e', '']).pid;
  writeFileSync(path.join(checkout.root, '.prepared/lock'), String(dead));
  expect(checkout.run()).toMatchObject({ status: 0 });
});

test('an interrupt ends what the install started, and the next run goes on', async () => {
  const npm = `
    const { spawn } = require('node:child_process');
    const fs = require('node:fs');
    const grandchild = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    fs.writeFileSync('pids', [process.pid, grandchild.pid].join(' '));
    setInterval(() => {}, 1000);
  `;
  const checkout = aCheckout({ npm });
  const child = checkout.start();
  const pids = path.join(checkout.root, 'pids');
  await vi.waitUntil(() => existsSync(pids) && readFileSync(pids, 'utf8').includes(' '), { timeout: 10_000 });
  const ended = new Promise((resolve) => child.on('exit', resolve));
  child.kill('SIGINT');
  expect(await ended).toBe(130);
  for (const pid of readFileSync(pids, 'utf8').split(' ')) {
    await vi.waitUntil(() => !isAlive(Number(pid)), { timeout: 10_000 });
  }
  writeFileSync(path.join(checkout.root, 'npm-cli.js'), workingNpm);
  expect(checkout.run()).toMatchObject({ status: 0 });
});

test.skipIf(process.getuid?.() === 0)('says so when the folder cannot be written', () => {
  const checkout = aCheckout();
  chmodSync(checkout.root, 0o555);
  expect(checkout.run().stderr).toContain('this folder cannot be written');
});
