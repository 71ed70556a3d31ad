import type { Scalar } from '../field-value.ts';
import { isInterior, type PathNode, type PathTree } from './path-tree.ts';

/** Is told of each wanted value of a parsed event. An object comes as its JSON text. */
export type ParsedVisitor = (
  node: number,
  value: Scalar,
  place: { readonly isListed: boolean; readonly isObject: boolean },
) => void;

/**
 * Finds the wanted values of a parsed event in the order of its keys: what the event reader does, for any event. Arrays are
 * walked through. An object is told of before what is in it.
 */
export function walkParsed(tree: PathTree, event: object, visit: ParsedVisitor): void {
  const walk = (node: PathNode, value: object, isListed: boolean): void => {
    for (const key of Object.keys(value)) {
      const child = node.children.get(key);
      if (child === undefined && node.any === undefined) continue;
      const member: unknown = (value as Record<string, unknown>)[key];
      if (child !== undefined) meet(child, member, isListed);
      if (node.any !== undefined) meet(node.any, member, isListed);
    }
  };
  const meet = (node: PathNode, value: unknown, isListed: boolean): void => {
    if (typeof value !== 'object' || value === null) {
      if (node.wanted) visit(node.id, value as Scalar, { isListed, isObject: false });
    } else if (Array.isArray(value)) {
      for (const element of value) meet(node, element, true);
    } else {
      if (node.wanted) visit(node.id, JSON.stringify(value), { isListed, isObject: true });
      if (isInterior(node)) walk(node, value, isListed);
    }
  };
  walk(tree.nodes[0] as PathNode, event, false);
}
