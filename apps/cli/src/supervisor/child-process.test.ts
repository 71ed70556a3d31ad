import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { childProcess } from './child-process.ts';
import { FatalStartError } from './member.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'parapet-child-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function child(script: string, options: { readyMs?: number; stopMs?: number } = {}) {
  const entry = path.join(folder, 'child.mjs');
  writeFileSync(entry, script);
  const problems: string[] = [];
  const logFile = path.join(folder, 'child.log');
  const member = childProcess({
    name: 'child',
    entry,
    env: { PATH: process.env['PATH'] },
    logFile,
    onProblem: ({ message }) => problems.push(message),
    ...options,
  });
  return { member, problems, log: () => readFileSync(logFile, 'utf8') };
}

const never = new AbortController().signal;
const ready = `process.send({ type: 'ready', service: 'child', addresses: {} });`;
const stayAlive = 'setInterval(() => {}, 1000);';

describe('child process', () => {
  it('is launched once it says that it is ready, and stops in order', async () => {
    const { member, log } = child(
      `console.log('begun'); process.on('SIGTERM', () => { console.log('ending'); process.exit(0); }); ${stayAlive} ${ready}`,
    );
    const running = await member.launch(never);
    expect(running.pid).toBeGreaterThan(0);
    await running.stop();
    expect(await running.exited).toEqual({ code: 0, signal: null });
    expect(log()).toBe('begun\nending\n');
  });

  it('is killed when it does not end in time', async () => {
    const { member } = child(`process.on('SIGTERM', () => {}); ${stayAlive} ${ready}`, { stopMs: 100 });
    const running = await member.launch(never);
    await running.stop();
    expect(await running.exited).toEqual({ code: null, signal: 'SIGKILL' });
  });

  it('tells what it said last when it ends before it is ready', async () => {
    const { member } = child(`console.error('the disk is full'); process.exit(1);`);
    await expect(member.launch(never)).rejects.toThrow(/code 1 before it was ready\nthe disk is full\nLog: /);
  });

  it('is not tried again when it refuses its configuration', async () => {
    const { member } = child(`console.error('KAFKA_BROKERS is missing'); process.exit(78);`);
    await expect(member.launch(never)).rejects.toThrow(FatalStartError);
  });

  it('tells a fatal entry of its log once: as the reason of the start that failed', async () => {
    const { member, problems } = child(
      `console.log(JSON.stringify({ level: 'fatal', msg: 'cannot go on', err: { message: 'RISK_FILE /none' } })); process.exit(78);`,
    );
    await expect(member.launch(never)).rejects.toThrow(
      /code 78 before it was ready\ncannot go on: RISK_FILE \/none\n/,
    );
    expect(problems).toEqual([]);
  });

  it('is ended when it is not ready in time', async () => {
    const { member } = child(stayAlive, { readyMs: 200 });
    await expect(member.launch(never)).rejects.toThrow('not ready within 0.2 s');
  });

  it('is ended when the start is called off', async () => {
    const { member } = child(stayAlive);
    const stopping = new AbortController();
    const launching = member.launch(stopping.signal);
    stopping.abort();
    await expect(launching).rejects.toThrow('it was stopped');
  });

  it('hands on what it logs as an error', async () => {
    const { member, problems } = child(
      `console.log(JSON.stringify({ level: 'error', msg: 'cannot write', err: { message: 'no space' } }));
       console.log(JSON.stringify({ level: 'info', msg: 'fine' }));
       process.on('SIGTERM', () => process.exit(0)); ${stayAlive} ${ready}`,
    );
    const running = await member.launch(never);
    await running.stop();
    expect(problems).toEqual(['cannot write: no space']);
  });
});
