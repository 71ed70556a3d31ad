import {
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  getArgumentValues,
  getNamedType,
  isCompositeType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';

export interface OperationBounds {
  /** Bytes of the document's text. */
  readonly maxBytes: number;
  readonly maxTokens: number;
  /** Levels of fields. */
  readonly maxDepth: number;
  readonly maxAliases: number;
  readonly maxDirectives: number;
  /** Fields after every fragment is spread: what a fragment bomb multiplies. */
  readonly maxFields: number;
  /** Levels of lists and objects in the variables. */
  readonly maxVariableDepth: number;
  /** See {@link operationCost}. */
  readonly maxCost: number;
}

export const defaultOperationBounds: OperationBounds = {
  maxBytes: 64 * 1024,
  maxTokens: 4_000,
  maxDepth: 15,
  maxAliases: 50,
  maxDirectives: 50,
  maxFields: 2_000,
  maxVariableDepth: 20,
  maxCost: 25_000,
};

export interface DocumentShape {
  depth: number;
  aliases: number;
  directives: number;
  fields: number;
}

/**
 * Measures a document that is parsed but not validated, as the worst of its operations. A fragment is measured once and counted
 * where it is spread, so the measuring itself takes time linear in the document. A fragment inside itself counts as nothing:
 * validation refuses it.
 */
export function measureDocument(document: DocumentNode): DocumentShape {
  const fragments = indexFragments(document);
  const measured = new Map<string, DocumentShape | 'running'>();

  const measureSet = (set: SelectionSetNode): DocumentShape => {
    const total = { depth: 0, aliases: 0, directives: 0, fields: 0 };
    for (const node of set.selections) {
      total.directives += node.directives?.length ?? 0;
      let inner: DocumentShape | undefined;
      if (node.kind === Kind.FIELD) {
        if (node.alias) total.aliases += 1;
        total.fields += 1;
        inner = node.selectionSet && measureSet(node.selectionSet);
        total.depth = Math.max(total.depth, 1 + (inner?.depth ?? 0));
      } else {
        inner =
          node.kind === Kind.INLINE_FRAGMENT
            ? measureSet(node.selectionSet)
            : measureFragment(node.name.value);
        total.depth = Math.max(total.depth, inner?.depth ?? 0);
      }
      total.aliases += inner?.aliases ?? 0;
      total.directives += inner?.directives ?? 0;
      total.fields += inner?.fields ?? 0;
    }
    return total;
  };

  const measureFragment = (name: string): DocumentShape | undefined => {
    const known = measured.get(name);
    if (known !== undefined) return known === 'running' ? undefined : known;
    const fragment = fragments.get(name);
    if (fragment === undefined) return undefined;
    measured.set(name, 'running');
    const shape = measureSet(fragment.selectionSet);
    shape.directives += fragment.directives?.length ?? 0;
    measured.set(name, shape);
    return shape;
  };

  const worst = { depth: 0, aliases: 0, directives: 0, fields: 0 };
  const take = (shape: DocumentShape) => {
    for (const key of ['depth', 'aliases', 'directives', 'fields'] as const) {
      worst[key] = Math.max(worst[key], shape[key]);
    }
  };
  for (const definition of document.definitions) {
    if (definition.kind === Kind.OPERATION_DEFINITION) {
      const shape = measureSet(definition.selectionSet);
      const variables = definition.variableDefinitions ?? [];
      shape.directives += definition.directives?.length ?? 0;
      shape.directives += variables.reduce((sum, variable) => sum + (variable.directives?.length ?? 0), 0);
      take(shape);
    } else if (definition.kind === Kind.FRAGMENT_DEFINITION) {
      // One that no operation spreads is validated too.
      const shape = measureFragment(definition.name.value);
      if (shape) take(shape);
    }
  }
  return worst;
}

/** Why the document is not taken, or undefined when it is within bounds. */
export function exceededBound(shape: DocumentShape, bounds: OperationBounds): string | undefined {
  if (shape.depth > bounds.maxDepth) return `is nested deeper than ${bounds.maxDepth} levels`;
  if (shape.aliases > bounds.maxAliases) return `has more than ${bounds.maxAliases} aliases`;
  if (shape.directives > bounds.maxDirectives) return `has more than ${bounds.maxDirectives} directives`;
  if (shape.fields > bounds.maxFields) return `selects more than ${bounds.maxFields} fields`;
  return undefined;
}

/** Whether a value has more levels of lists and objects than `max`; looks no deeper than that. */
export function isDeeperThan(value: unknown, max: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return max === 0 || Object.values(value).some((inner) => isDeeperThan(inner, max - 1));
}

/** What a list is taken to hold when nothing in the operation says how long it may get. */
const assumedListSize = 10;
/** What the subgraphs take a `first` that is not given for. */
const defaultFirst = 50;

/**
 * An upper estimate of the objects an operation makes the subgraphs produce: each field that gives objects counts 1, times the
 * `first` of every list around it. A list without `first` is taken to hold 10. Stops counting above `limit`.
 */
export function operationCost(options: {
  schema: GraphQLSchema;
  document: DocumentNode;
  operation: OperationDefinitionNode;
  variables: Readonly<Record<string, unknown>>;
  limit: number;
}): number {
  const { schema, operation, variables, limit } = options;
  const fragments = indexFragments(options.document);
  let cost = 0;

  const visit = (type: GraphQLNamedType, set: SelectionSetNode, times: number, sized: boolean): void => {
    for (const node of set.selections) {
      if (cost > limit) return;
      if (node.kind === Kind.INLINE_FRAGMENT) {
        const condition = node.typeCondition ? schema.getType(node.typeCondition.name.value) : type;
        if (condition) visit(condition, node.selectionSet, times, sized);
        continue;
      }
      if (node.kind === Kind.FRAGMENT_SPREAD) {
        const fragment = fragments.get(node.name.value);
        const condition = fragment && schema.getType(fragment.typeCondition.name.value);
        if (condition) visit(condition, fragment.selectionSet, times, sized);
        continue;
      }
      if (!node.selectionSet || !(isObjectType(type) || isInterfaceType(type))) continue;
      const field = type.getFields()[node.name.value];
      const fieldType = field && getNamedType(field.type);
      if (!field || !isCompositeType(fieldType)) continue;
      const first = toFirst(field, getArgumentValues(field, node, { ...variables })['first']);
      const isList = isListType(isNonNullType(field.type) ? field.type.ofType : field.type);
      const size = first ?? (isList && !sized ? assumedListSize : 1);
      cost += times * (isList ? size : 1);
      // The `first` of a connection says how many `edges` (or `nodes`) there are.
      visit(fieldType, node.selectionSet, times * size, first !== undefined && !isList);
    }
  };

  const root = schema.getRootType(operation.operation);
  if (root) visit(root, operation.selectionSet, 1, false);
  return cost;
}

function toFirst(field: GraphQLField<unknown, unknown>, given: unknown): number | undefined {
  if (!field.args.some((argument) => argument.name === 'first')) return undefined;
  return typeof given === 'number' ? Math.max(1, given) : defaultFirst;
}

function indexFragments(document: DocumentNode): Map<string, FragmentDefinitionNode> {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  return fragments;
}
