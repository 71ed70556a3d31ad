import { describe, expect, it } from 'vitest';
import { splitSupergraph } from './access-rules.ts';
import { composeSupergraph } from './compose.ts';

const sdl = (links: string, body: string) => `
  schema @link(url: "https://specs.apollo.dev/link/v1.0") ${links} { query: Query }
  directive @link(url: String, as: String, for: link__Purpose) repeatable on SCHEMA
  enum link__Purpose { SECURITY EXECUTION }
  ${body}`;
const scopesLink = '@link(url: "https://specs.apollo.dev/requiresScopes/v0.1", for: SECURITY)';

describe('splitSupergraph', () => {
  it('reads the rules of types and fields, all parts of them', () => {
    const { rules } = splitSupergraph(
      sdl(
        `${scopesLink} @link(url: "https://specs.apollo.dev/authenticated/v0.1", for: SECURITY) @link(url: "https://specs.apollo.dev/policy/v0.1", for: SECURITY)`,
        `type Query @authenticated { a: A @requiresScopes(scopes: [["x", "y"], ["z"]]) @policy(policies: [["p"]]) b: Int }
         type A @requiresScopes(scopes: [["t"]]) { id: ID }`,
      ),
    );
    expect(rules.ofType('Query')).toEqual({ authenticated: true });
    expect(rules.ofType('A')).toEqual({ authenticated: true, scopes: [['t']] });
    expect(rules.ofField('Query', 'a')).toEqual({
      authenticated: true,
      scopes: [['x', 'y'], ['z']],
      policies: [['p']],
    });
    expect(rules.ofField('Query', 'b')).toBeUndefined();
    expect(rules.ofType('B')).toBeUndefined();
  });

  it('follows a directive under another name', () => {
    const { rules } = splitSupergraph(
      sdl(
        '@link(url: "https://specs.apollo.dev/requiresScopes/v0.1", as: "needs", for: SECURITY)',
        'type Query { a: Int @needs(scopes: [["x"]]) b: Int @requiresScopes(scopes: [["y"]]) }',
      ),
    );
    expect(rules.ofField('Query', 'a')?.scopes).toEqual([['x']]);
    expect(rules.ofField('Query', 'b')).toBeUndefined();
  });

  it('takes "for: SECURITY" from the features it enforces and from no other', () => {
    const inaccessible = '@link(url: "https://specs.apollo.dev/inaccessible/v0.2", for: SECURITY)';
    const { executionSdl } = splitSupergraph(sdl(`${scopesLink} ${inaccessible}`, 'type Query { a: Int }'));
    expect(executionSdl).toContain('@link(url: "https://specs.apollo.dev/requiresScopes/v0.1")');
    expect(executionSdl).toContain(inaccessible);
  });

  it('refuses a supergraph with a security feature nobody enforces', () => {
    const unknown = '@link(url: "https://specs.apollo.dev/vault/v1.0", for: SECURITY)';
    expect(() => splitSupergraph(sdl(unknown, 'type Query { a: Int }'))).toThrow(/vault/);
  });

  it('keeps what composition merges from several subgraphs', () => {
    const link =
      'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable", "@requiresScopes"])';
    const subgraph = (name: string, scope: string) => ({
      name,
      url: `http://${name}.test`,
      sdl: `${link} type Query { ${name}: T } type T @key(fields: "id") { id: ID! x: Int @shareable @requiresScopes(scopes: [["${scope}"]]) }`,
    });
    const { rules } = splitSupergraph(composeSupergraph([subgraph('a', 'one'), subgraph('b', 'two')]).sdl);
    const needed = rules.ofField('T', 'x')?.scopes;
    // Whichever subgraph would answer, its scope is needed.
    expect(needed?.every((scopes) => scopes.includes('one') && scopes.includes('two'))).toBe(true);
  });
});
