import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLIncludeDirective,
  type GraphQLNamedType,
  type GraphQLSchema,
  GraphQLSkipDirective,
  getDirectiveValues,
  getNamedType,
  isAbstractType,
  isInterfaceType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import type { AccessRule, AccessRules } from './access-rules.ts';
import type { Principal } from './identity/principal.ts';

export interface AccessProblem {
  /** `Type.field` */
  readonly field: string;
  readonly node: FieldNode;
  readonly path: readonly string[];
  /** No token was given, and one is needed. */
  readonly unauthenticated: boolean;
  /** What would have been enough, when scopes are missing. */
  readonly scopes: readonly (readonly string[])[];
}

export type PolicyCheck = (principal: Principal) => boolean;

export interface AccessCheck {
  readonly schema: GraphQLSchema;
  readonly rules: AccessRules;
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly principal: Principal | undefined;
  /** Policies by name; one that is not listed is denied. */
  readonly policies?: Readonly<Record<string, PolicyCheck>>;
}

/** More are not reported: the first ones tell enough. */
const maxProblems = 20;

/**
 * Every selected field that the principal may not read. A field counts however it is reached: alias, fragment, interface, root
 * of a subscription. One that `@skip` or `@include` leaves out does not. A field of an interface needs what each type that
 * may answer for it needs.
 */
export function checkAccess(check: AccessCheck): AccessProblem[] {
  const { schema, rules, document, operation, variables } = check;
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  const problems: AccessProblem[] = [];
  const seenFragments = new Set<string>();

  const visitSet = (
    type: GraphQLNamedType,
    selectionSet: SelectionSetNode,
    path: readonly string[],
  ): void => {
    for (const node of selectionSet.selections) {
      if (problems.length >= maxProblems) return;
      if (!isSelected(node, variables)) continue;
      if (node.kind === Kind.FIELD) {
        visitField(type, node, [...path, node.alias?.value ?? node.name.value]);
      } else if (node.kind === Kind.INLINE_FRAGMENT) {
        const condition = node.typeCondition ? schema.getType(node.typeCondition.name.value) : type;
        if (condition) visitSet(condition, node.selectionSet, path);
      } else if (!seenFragments.has(node.name.value)) {
        seenFragments.add(node.name.value);
        const fragment = fragments.get(node.name.value);
        const condition = fragment && schema.getType(fragment.typeCondition.name.value);
        if (condition) visitSet(condition, fragment.selectionSet, path);
      }
    }
  };

  const visitField = (parent: GraphQLNamedType, node: FieldNode, path: readonly string[]): void => {
    if (!isObjectType(parent) && !isInterfaceType(parent)) return;
    const field = parent.getFields()[node.name.value];
    // Introspection fields belong to no type of ours.
    if (field === undefined) return;
    const type = getNamedType(field.type);
    const owners = [parent, ...(isAbstractType(parent) ? schema.getPossibleTypes(parent) : [])];
    const needed = [
      ...owners.flatMap((owner) => [rules.ofType(owner.name), rules.ofField(owner.name, field.name)]),
      rules.ofType(type.name),
    ];
    const broken = needed.find((rule) => rule !== undefined && !holds(rule, check));
    if (broken !== undefined) {
      problems.push({
        field: `${parent.name}.${field.name}`,
        node,
        path,
        unauthenticated: check.principal === undefined,
        scopes: broken.scopes ?? [],
      });
      return;
    }
    if (node.selectionSet) visitSet(type, node.selectionSet, path);
  };

  const root = schema.getRootType(operation.operation);
  if (root) visitSet(root, operation.selectionSet, []);
  return problems;
}

function holds(rule: AccessRule, { principal, policies = {} }: AccessCheck): boolean {
  if (principal === undefined) return false;
  const hasAll = (wanted: readonly string[]) => wanted.every((scope) => principal.scopes.includes(scope));
  if (rule.scopes !== undefined && !rule.scopes.some(hasAll)) return false;
  const allowsAll = (wanted: readonly string[]) =>
    wanted.every((policy) => Object.hasOwn(policies, policy) && policies[policy]?.(principal) === true);
  return rule.policies === undefined || rule.policies.some(allowsAll);
}

function isSelected(
  node: SelectionSetNode['selections'][number],
  variables: Readonly<Record<string, unknown>>,
): boolean {
  const skip = getDirectiveValues(GraphQLSkipDirective, node, { ...variables });
  if (skip?.['if'] === true) return false;
  const include = getDirectiveValues(GraphQLIncludeDirective, node, { ...variables });
  return include?.['if'] !== false;
}
