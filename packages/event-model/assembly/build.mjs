// Compiles the decoder's core to WebAssembly and writes it as a module of TypeScript, so that whoever imports it reads no file.
// Called by scripts/prepare.mjs.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import asc from 'assemblyscript/asc';

const here = import.meta.dirname;
const target = path.join(here, '../src/generated');
const scratch = mkdtempSync(path.join(tmpdir(), 'parapet-core-'));
try {
  const outFile = path.join(scratch, 'core.wasm');
  const { error, stderr } = await asc.main([
    path.join(here, 'index.ts'),
    ...['--outFile', outFile],
    ...['-O3', '--converge', '--noAssert'],
    // No memory is managed in the module: JavaScript makes all arrays, from the second page on.
    ...['--runtime', 'stub', '--importMemory'],
    // Shared, since views of another memory are lost whenever it grows; see docs/adr/0010-the-decoder-has-a-core-in-webassembly.md.
    ...['--enable', 'threads', '--sharedMemory', '--initialMemory', '16', '--maximumMemory', '32768'],
    // Vectors are handed on between its files, not to JavaScript.
    ...['--enable', 'simd', '--disableWarning', '112'],
  ]);
  if (error !== null) throw new Error(`${error.message}\n${stderr.toString()}`);
  mkdirSync(target, { recursive: true });
  const text = readFileSync(outFile).toString('base64');
  writeFileSync(
    path.join(target, 'core-module.ts'),
    `/** The module of packages/event-model/assembly, compiled: see assembly/build.mjs. */\nexport const coreModule =\n  '${text}';\n`,
  );
} finally {
  rmSync(scratch, { recursive: true });
}
