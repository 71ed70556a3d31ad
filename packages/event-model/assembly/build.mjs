// Compiles the decoder's core to WebAssembly and writes it as a module of TypeScript, so that whoever imports it reads no file.
// Called by scripts/prepare.mjs.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const here = import.meta.dirname;
const target = path.join(here, '../src/generated');
const outFile = 'core.wasm';

/** Ends the process with what a person should read, and no stack. */
function fail(message) {
  console.error(message);
  process.exit(1);
}

const { default: asc } = await import('assemblyscript/asc').catch((error) =>
  fail(`The compiler (npm package "assemblyscript") cannot be loaded: ${error.message.split('\n')[0]}
Remove node_modules and run the command again.`),
);
let compiled;
const { error, stderr } = await asc.main(
  [
    path.join(here, 'index.ts'),
    ...['--outFile', outFile],
    ...['-O3', '--converge', '--noAssert'],
    // No memory is managed in the module: JavaScript makes all arrays, from the second page on.
    ...['--runtime', 'stub', '--importMemory'],
    // Shared, since views of another memory are lost whenever it grows; see docs/adr/0010-the-decoder-has-a-core-in-webassembly.md.
    ...['--enable', 'threads', '--sharedMemory', '--initialMemory', '16', '--maximumMemory', '32768'],
    // Vectors are handed on between its files, not to JavaScript.
    ...['--enable', 'simd', '--enable', 'relaxed-simd', '--disableWarning', '112'],
  ],
  {
    // Kept in memory: nothing is left behind when this is interrupted.
    writeFile(name, contents) {
      if (name === outFile) compiled = contents;
    },
  },
);
if (error !== null || compiled === undefined)
  fail(`packages/event-model/assembly does not compile.\n${stderr.toString()}`);
mkdirSync(target, { recursive: true });
const text = Buffer.from(compiled).toString('base64');
writeFileSync(
  path.join(target, 'core-module.ts'),
  `/** The module of packages/event-model/assembly, compiled: see assembly/build.mjs. */\nexport const coreModule =\n  '${text}';\n`,
);
