/**
 * `node src/compose-main.ts [supergraph.yaml]`: prints the supergraph SDL, or says why the subgraphs do not compose and
 * exits 1. Warnings of the composition go to stderr.
 */
import { fileURLToPath } from 'node:url';
import { composeSupergraph, readSubgraphs } from './compose.ts';

const configFile = process.argv[2] ?? fileURLToPath(new URL('../../../supergraph.yaml', import.meta.url));
try {
  const { sdl, hints } = composeSupergraph(await readSubgraphs(configFile));
  for (const hint of hints) process.stderr.write(`${hint}\n`);
  process.stdout.write(sdl);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
