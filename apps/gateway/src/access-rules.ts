import {
  type DirectiveNode,
  type DocumentNode,
  Kind,
  parse,
  print,
  type ValueNode,
  valueFromASTUntyped,
  visit,
} from 'graphql';

/** What one `@authenticated` / `@requiresScopes` / `@policy` combination asks for; all parts must hold. */
export interface AccessRule {
  readonly authenticated: boolean;
  /** One of the outer lists must hold in full. */
  readonly scopes?: readonly (readonly string[])[];
  readonly policies?: readonly (readonly string[])[];
}

export interface AccessRules {
  ofType(typeName: string): AccessRule | undefined;
  ofField(typeName: string, fieldName: string): AccessRule | undefined;
}

const securitySpecs = ['authenticated', 'requiresScopes', 'policy'] as const;
type SecuritySpec = (typeof securitySpecs)[number];

/**
 * Splits a supergraph SDL in two: the access rules of its types and fields, which this gateway enforces itself, and the
 * SDL for @apollo/gateway, which refuses a supergraph with `@link(..., for: SECURITY)` because it cannot enforce them.
 *
 * @throws Error when the supergraph asks for a security feature that this gateway does not know.
 */
export function splitSupergraph(supergraphSdl: string): { executionSdl: string; rules: AccessRules } {
  const document = parse(supergraphSdl, { noLocation: true });
  const names = securityDirectiveNames(document);
  const types = new Map<string, AccessRule>();
  const fields = new Map<string, AccessRule>();
  for (const definition of document.definitions) {
    if (!('name' in definition) || definition.name === undefined || !('directives' in definition)) continue;
    const typeName = definition.name.value;
    const typeRule = toRule(definition.directives ?? [], names);
    if (typeRule !== undefined) types.set(typeName, typeRule);
    if (
      definition.kind !== Kind.OBJECT_TYPE_DEFINITION &&
      definition.kind !== Kind.INTERFACE_TYPE_DEFINITION
    ) {
      continue;
    }
    for (const field of definition.fields ?? []) {
      const rule = toRule(field.directives ?? [], names);
      if (rule !== undefined) fields.set(`${typeName}.${field.name.value}`, rule);
    }
  }
  return {
    executionSdl: print(withoutSecurityPurpose(document)),
    rules: {
      ofType: (typeName) => types.get(typeName),
      ofField: (typeName, fieldName) => fields.get(`${typeName}.${fieldName}`),
    },
  };
}

/** The name each security directive goes by in this document (`@link` may rename it). */
function securityDirectiveNames(document: DocumentNode): Map<string, SecuritySpec> {
  const names = new Map<string, SecuritySpec>();
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.SCHEMA_DEFINITION) continue;
    for (const link of definition.directives ?? []) {
      if (link.name.value !== 'link') continue;
      const url = String(argument(link, 'url') ?? '');
      const spec = securitySpecs.find((name) => url.startsWith(`https://specs.apollo.dev/${name}/`));
      if (spec !== undefined) {
        names.set(String(argument(link, 'as') ?? spec), spec);
      } else if (argument(link, 'for') === 'SECURITY' && !enforcedByExecutor(url)) {
        throw new Error(
          `The supergraph asks for the security feature ${url}, which this gateway cannot enforce. Remove it from the subgraph schemas.`,
        );
      }
    }
  }
  return names;
}

/** @apollo/gateway leaves inaccessible elements out of the schema it gives callers. */
function enforcedByExecutor(url: string): boolean {
  return url.startsWith('https://specs.apollo.dev/inaccessible/');
}

function isOurSpec(url: unknown): boolean {
  return securitySpecs.some((name) => String(url).startsWith(`https://specs.apollo.dev/${name}/`));
}

function toRule(
  directives: readonly DirectiveNode[],
  names: ReadonlyMap<string, SecuritySpec>,
): AccessRule | undefined {
  let rule: AccessRule | undefined;
  for (const directive of directives) {
    switch (names.get(directive.name.value)) {
      case 'authenticated':
        rule = { ...rule, authenticated: true };
        break;
      case 'requiresScopes':
        rule = { ...rule, authenticated: true, scopes: toLists(argument(directive, 'scopes')) };
        break;
      case 'policy':
        rule = { ...rule, authenticated: true, policies: toLists(argument(directive, 'policies')) };
        break;
      default:
    }
  }
  return rule;
}

function argument(directive: DirectiveNode, name: string): unknown {
  const value: ValueNode | undefined = directive.arguments?.find((node) => node.name.value === name)?.value;
  return value === undefined ? undefined : valueFromASTUntyped(value);
}

function toLists(value: unknown): string[][] {
  if (!Array.isArray(value)) return [];
  return value.map((inner: unknown) => (Array.isArray(inner) ? inner.map(String) : [String(inner)]));
}

function withoutSecurityPurpose(document: DocumentNode): DocumentNode {
  return visit(document, {
    Directive(node) {
      if (node.name.value !== 'link' || !isOurSpec(argument(node, 'url'))) return undefined;
      const kept = (node.arguments ?? []).filter(
        ({ name, value }) =>
          !(name.value === 'for' && value.kind === Kind.ENUM && value.value === 'SECURITY'),
      );
      return { ...node, arguments: kept };
    },
  });
}
