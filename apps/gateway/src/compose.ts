import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { composeServices } from '@apollo/composition';
import { parse } from 'graphql';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';

export interface SubgraphSource {
  readonly name: string;
  readonly url: string;
  readonly sdl: string;
}

/** The subgraphs do not fit together; `problems` says each place. */
export class CompositionError extends Error {
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(`The subgraphs do not compose:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.name = 'CompositionError';
    this.problems = problems;
  }
}

const SupergraphConfig = z.object({
  federation_version: z.union([z.string(), z.number()]).optional(),
  subgraphs: z.record(
    z.string().regex(/^[a-z][a-z0-9-]*$/, 'a subgraph name is lower case letters, digits and dashes'),
    z.object({ routing_url: z.url(), schema: z.object({ file: z.string().min(1) }) }),
  ),
});

/**
 * Reads a supergraph configuration file (the format of `rover supergraph compose`) and the SDL files it names, which are
 * looked up beside it. `urls` overrides routing URLs by subgraph name.
 */
export async function readSubgraphs(
  configFile: string,
  urls: Readonly<Record<string, string>> = {},
): Promise<SubgraphSource[]> {
  const parsed = SupergraphConfig.safeParse(parseYaml(await readFile(configFile, 'utf8')));
  if (!parsed.success) {
    throw new CompositionError([`${configFile}: ${z.prettifyError(parsed.error)}`]);
  }
  const folder = dirname(resolve(configFile));
  return await Promise.all(
    Object.entries(parsed.data.subgraphs).map(async ([name, subgraph]) => ({
      name,
      url: urls[name] ?? subgraph.routing_url,
      sdl: await readFile(resolve(folder, subgraph.schema.file), 'utf8'),
    })),
  );
}

/**
 * Composes the subgraphs into one supergraph SDL.
 *
 * @throws CompositionError when they do not fit together.
 */
export function composeSupergraph(subgraphs: readonly SubgraphSource[]): { sdl: string; hints: string[] } {
  const result = composeServices(
    subgraphs.map(({ name, url, sdl }) => ({ name, url, typeDefs: parseSubgraph(name, sdl) })),
  );
  if (result.errors !== undefined) {
    throw new CompositionError(result.errors.map((error) => error.message));
  }
  return { sdl: result.supergraphSdl, hints: result.hints.map((hint) => hint.toString()) };
}

function parseSubgraph(name: string, sdl: string) {
  try {
    return parse(sdl);
  } catch (cause) {
    throw new CompositionError([`[${name}] ${cause instanceof Error ? cause.message : String(cause)}`]);
  }
}
