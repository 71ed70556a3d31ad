import {
  GraphQLError,
  Kind,
  type SelectionSetNode,
  type ValidationContext,
  type ValidationRule,
} from 'graphql';

/**
 * Refuses operations that select deeper than `max` fields. A backstop: the gateway has limits of its own, and its plans are
 * never deeper than what it lets in.
 */
export function maxDepth(max: number): ValidationRule {
  return (context: ValidationContext) => {
    const depths = new Map<string, number>();

    function depthOfFragment(name: string): number {
      const known = depths.get(name);
      if (known !== undefined) return known;
      // A fragment that spreads itself is refused by another rule; here it must not loop.
      depths.set(name, 0);
      const fragment = context.getFragment(name);
      const depth = fragment ? depthOf(fragment.selectionSet) : 0;
      depths.set(name, depth);
      return depth;
    }

    function depthOf(set: SelectionSetNode): number {
      let deepest = 0;
      for (const selection of set.selections) {
        const depth =
          selection.kind === Kind.FIELD
            ? 1 + (selection.selectionSet ? depthOf(selection.selectionSet) : 0)
            : selection.kind === Kind.INLINE_FRAGMENT
              ? depthOf(selection.selectionSet)
              : depthOfFragment(selection.name.value);
        deepest = Math.max(deepest, depth);
      }
      return deepest;
    }

    return {
      OperationDefinition(node) {
        if (depthOf(node.selectionSet) > max) {
          context.reportError(
            new GraphQLError(`A selection may be at most ${max} fields deep.`, { nodes: node }),
          );
        }
      },
    };
  };
}
