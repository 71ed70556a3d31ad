import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLError,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  print,
  type SelectionNode,
  type SelectionSetNode,
  type VariableDefinitionNode,
  visit,
} from 'graphql';

/** Which query field gives the entity that a subscription field announces. */
const entityFields: Readonly<Record<string, string>> = { alertRaised: 'alert' };

/** A subscription's selection, as a query on the entity it announces. */
export interface HydrationQuery {
  readonly document: DocumentNode;
  /** The name the answer carries the entity under: what the subscriber called the field. */
  readonly responseKey: string;
  /** The variable that takes the entity's id. */
  readonly idVariable: string;
  /** The subscription's variables that the selection uses. */
  readonly variables: Readonly<Record<string, unknown>>;
  /** Equal for subscriptions whose hydrations ask the same. */
  readonly key: string;
  /** The subscription field, for its arguments. */
  readonly field: FieldNode;
}

/**
 * Rewrites `subscription { alertRaised(...) { selection } }` into `query ($alertId: ID!) { alertRaised: alert(id: $alertId) {
 * selection } }`.
 *
 * @throws GraphQLError BAD_USER_INPUT for a root selection with directives, whose meaning for a stream is not defined.
 */
export function toHydrationQuery(
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): HydrationQuery {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  const roots = collectRoots(operation.selectionSet, fragments);
  const field = roots[0];
  const entityField = field && entityFields[field.name.value];
  if (field === undefined || entityField === undefined) {
    throw badUserInput('A subscription selects exactly one field: alertRaised.');
  }
  const idVariable = freeName('alertId', operation.variableDefinitions ?? []);
  const responseKey = field.alias?.value ?? field.name.value;
  const selections = roots.flatMap((root) => root.selectionSet?.selections ?? []);
  const selection: FieldNode = {
    kind: Kind.FIELD,
    alias: name(responseKey),
    name: name(entityField),
    arguments: [
      {
        kind: Kind.ARGUMENT,
        name: name('id'),
        value: { kind: Kind.VARIABLE, name: name(idVariable) },
      },
    ],
    selectionSet: { kind: Kind.SELECTION_SET, selections },
  };
  const used = findUses(selections, fragments);
  const definitions = (operation.variableDefinitions ?? []).filter(({ variable }) =>
    used.variables.has(variable.name.value),
  );
  const hydration: DocumentNode = {
    kind: Kind.DOCUMENT,
    definitions: [
      {
        kind: Kind.OPERATION_DEFINITION,
        operation: OperationTypeNode.QUERY,
        variableDefinitions: [toIdDefinition(idVariable), ...definitions],
        selectionSet: { kind: Kind.SELECTION_SET, selections: [selection] },
      },
      ...used.fragments,
    ],
  };
  const kept = Object.fromEntries(
    definitions
      .map(({ variable }) => variable.name.value)
      .filter((variable) => Object.hasOwn(variables, variable))
      .sort((a, b) => (a < b ? -1 : 1))
      .map((variable) => [variable, variables[variable]]),
  );
  return {
    document: hydration,
    responseKey,
    idVariable,
    variables: kept,
    key: `${print(hydration)}\n${JSON.stringify(kept)}`,
    field,
  };
}

/** Validation made sure that all roots are the same field with the same arguments, perhaps written in several parts. */
function collectRoots(
  set: SelectionSetNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
): FieldNode[] {
  return set.selections.flatMap((node) => {
    if ((node.directives?.length ?? 0) > 0) {
      throw badUserInput('The root of a subscription takes no directives.');
    }
    if (node.kind === Kind.FIELD) return [node];
    if (node.kind === Kind.INLINE_FRAGMENT) return collectRoots(node.selectionSet, fragments);
    const fragment = fragments.get(node.name.value);
    return fragment === undefined ? [] : collectRoots(fragment.selectionSet, fragments);
  });
}

function findUses(
  selections: readonly SelectionNode[],
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
): { variables: Set<string>; fragments: Set<FragmentDefinitionNode> } {
  const used = { variables: new Set<string>(), fragments: new Set<FragmentDefinitionNode>() };
  const visitor = {
    Variable(node: { name: { value: string } }) {
      used.variables.add(node.name.value);
    },
    FragmentSpread(node: { name: { value: string } }) {
      const fragment = fragments.get(node.name.value);
      if (fragment === undefined || used.fragments.has(fragment)) return;
      used.fragments.add(fragment);
      visit(fragment, visitor);
    },
  };
  for (const selection of selections) visit(selection, visitor);
  return used;
}

function toIdDefinition(variable: string): VariableDefinitionNode {
  return {
    kind: Kind.VARIABLE_DEFINITION,
    variable: { kind: Kind.VARIABLE, name: name(variable) },
    type: { kind: Kind.NON_NULL_TYPE, type: { kind: Kind.NAMED_TYPE, name: name('ID') } },
  };
}

function freeName(wanted: string, definitions: readonly VariableDefinitionNode[]): string {
  const taken = new Set(definitions.map(({ variable }) => variable.name.value));
  let free = wanted;
  while (taken.has(free)) free = `${free}_`;
  return free;
}

function name(value: string) {
  return { kind: Kind.NAME, value } as const;
}

function badUserInput(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT' } });
}
