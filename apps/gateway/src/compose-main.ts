/**
 * `node src/compose-main.ts [--check] [supergraph.yaml]`: prints the supergraph SDL (with --check only that it composes),
 * or says why the subgraphs do not compose and exits 1. Warnings of the composition go to stderr.
 */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { composeSupergraph, readSubgraphs } from './compose.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { check: { type: 'boolean' } },
});
const configFile = positionals[0] ?? fileURLToPath(new URL('../../../supergraph.yaml', import.meta.url));
try {
  const { sdl, hints } = composeSupergraph(await readSubgraphs(configFile));
  for (const hint of hints) process.stderr.write(`${hint}\n`);
  process.stdout.write(values.check === true ? 'the subgraphs compose\n' : sdl);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
