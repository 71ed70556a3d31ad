/** One place in an event that somebody asks for, or that lies on the way to one. */
export interface PathNode {
  /** 0 is the event itself. */
  readonly id: number;
  /** By key. A key may hold several segments of a path with dots between them. */
  readonly children: Map<string, PathNode>;
  /** What a `*` of a path stands for: any one key. */
  any: PathNode | undefined;
  /** Whether somebody asks for what is here. */
  wanted: boolean;
}

/** The places that are asked for, over all sources; grows as sources are met. */
export interface PathTree {
  readonly nodes: readonly PathNode[];
  /** The place of a path, made if it is new. Segments are separated by dots. */
  add(path: string): PathNode;
  /** Changes with every place that is added. */
  readonly version: number;
}

/**
 * A path is written with dots; a key of the event that itself has dots (`id.orig_h`) is found by the same path as the nested
 * form: every node can be reached by its segments one by one or by a key that holds several of them.
 */
export function createPathTree(): PathTree {
  const nodes: PathNode[] = [];
  let version = 0;
  const create = (): PathNode => {
    const node: PathNode = { id: nodes.length, children: new Map(), any: undefined, wanted: false };
    nodes.push(node);
    version += 1;
    return node;
  };
  const root = create();
  return {
    nodes,
    get version() {
      return version;
    },
    add(path) {
      const segments = path.split('.');
      const way = [root];
      for (const [index, segment] of segments.entries()) {
        const parent = way[index] as PathNode;
        let next = segment === '*' ? parent.any : parent.children.get(segment);
        if (next === undefined) {
          next = create();
          if (segment === '*') parent.any = next;
        }
        way.push(next);
        for (let from = 0; from <= index; from += 1) {
          const key = segments.slice(from, index + 1);
          if (!key.includes('*')) (way[from] as PathNode).children.set(key.join('.'), next);
        }
      }
      const place = way.at(-1) as PathNode;
      if (!place.wanted) version += 1;
      place.wanted = true;
      return place;
    },
  };
}

export const isInterior = (node: PathNode): boolean => node.children.size > 0 || node.any !== undefined;
