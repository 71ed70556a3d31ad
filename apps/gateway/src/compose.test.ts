import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSchema, isObjectType } from 'graphql';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { splitSupergraph } from './access-rules.ts';
import { CompositionError, composeSupergraph, readSubgraphs } from './compose.ts';

const projectConfig = fileURLToPath(new URL('../../../supergraph.yaml', import.meta.url));
const link = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])';
let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'parapet-compose-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

async function writeConfig(text: string, files: Record<string, string> = {}): Promise<string> {
  for (const [name, content] of Object.entries(files)) await writeFile(join(dir, name), content);
  const file = join(dir, 'supergraph.yaml');
  await writeFile(file, text);
  return file;
}

describe('the supergraph of the project', () => {
  it('composes, with the routing URLs it is given', async () => {
    const urls = {
      events: 'http://e.test/graphql',
      assets: 'http://a.test/graphql',
      threats: 'http://t.test/graphql',
    };
    const { sdl } = composeSupergraph(await readSubgraphs(projectConfig, urls));
    for (const url of Object.values(urls)) expect(sdl).toContain(`url: "${url}"`);
  });

  it('asks for a scope at every field a caller can start from', async () => {
    const { sdl } = composeSupergraph(await readSubgraphs(projectConfig));
    const { rules } = splitSupergraph(sdl);
    const schema = buildSchema(sdl, { assumeValid: true });
    const open = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].flatMap(
      (type) =>
        Object.keys(type?.getFields() ?? {})
          .filter((field) => type && rules.ofField(type.name, field)?.scopes === undefined)
          .map((field) => `${type?.name}.${field}`),
    );
    expect(open).toEqual([]);
  });

  it('joins assets with alerts and events', async () => {
    const { sdl } = composeSupergraph(await readSubgraphs(projectConfig));
    const asset = buildSchema(sdl, { assumeValid: true }).getType('Asset');
    expect(isObjectType(asset) && Object.keys(asset.getFields())).toEqual(
      expect.arrayContaining(['id', 'name', 'handles', 'alerts', 'openAlertCount', 'events']),
    );
  });
});

describe('composition', () => {
  it('says what does not fit together, by subgraph', async () => {
    const config = await writeConfig(
      'subgraphs: { a: { routing_url: http://a.test, schema: { file: a.graphql } }, b: { routing_url: http://b.test, schema: { file: b.graphql } } }',
      {
        'a.graphql': `${link} type Query { t: T } type T @key(fields: "id") { id: ID! n: Int }`,
        'b.graphql': `${link} type Query { u: T } type T @key(fields: "id") { id: ID! n: String }`,
      },
    );
    const compose = async () => composeSupergraph(await readSubgraphs(config));
    await expect(compose()).rejects.toThrow(CompositionError);
    await expect(compose()).rejects.toThrow(/T\.n/);
  });

  it('names the subgraph whose SDL cannot be parsed', () => {
    const broken = [{ name: 'broken', url: 'http://x.test', sdl: 'type Query {' }];
    expect(() => composeSupergraph(broken)).toThrow(/\[broken\] Syntax Error/);
  });

  it.each([
    ['no subgraphs', 'federation_version: 2'],
    ['a URL that is none', 'subgraphs: { a: { routing_url: nowhere, schema: { file: x } } }'],
    ['a name that is none', 'subgraphs: { "A B": { routing_url: http://a.test, schema: { file: x } } }'],
  ])('refuses a configuration with %s', async (_, text) => {
    await expect(readSubgraphs(await writeConfig(text))).rejects.toThrow(CompositionError);
  });

  it('fails when a schema file is missing', async () => {
    const config = await writeConfig(
      'subgraphs: { a: { routing_url: http://a.test, schema: { file: none.graphql } } }',
    );
    await expect(readSubgraphs(config)).rejects.toThrow(/none\.graphql/);
  });
});
