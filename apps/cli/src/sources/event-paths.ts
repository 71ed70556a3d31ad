/** A scalar of an event and the path to it: keys with dots between them, lists passed through. */
export type Leaf = readonly [path: string, value: string | number | boolean | null];

/** Every scalar of a parsed event. The decoder has bounded its depth. */
export function* leavesOf(event: object, prefix = ''): Iterable<Leaf> {
  for (const [key, value] of Object.entries(event)) {
    const path = prefix === '' ? key : `${prefix}.${key}`;
    for (const element of Array.isArray(value) ? value : [value]) yield* under(path, element);
  }
}

function* under(path: string, value: unknown): Iterable<Leaf> {
  if (Array.isArray(value)) for (const element of value) yield* under(path, element);
  else if (typeof value === 'object' && value !== null) yield* leavesOf(value, path);
  else yield [path, value as Leaf[1]];
}

/** Says whether one of the paths leads to a leaf or to an object around it. `*` in a path stands for one key. */
export function createReach(paths: Iterable<string>): (leaf: string) => boolean {
  const exact = new Set<string>();
  const patterns: string[][] = [];
  for (const path of paths) {
    const segments = path.split('.');
    if (segments.includes('*')) patterns.push(segments);
    else exact.add(path);
  }
  return (leaf) => {
    for (let end = leaf.length; end > 0; end = leaf.lastIndexOf('.', end - 1)) {
      if (exact.has(leaf.slice(0, end))) return true;
    }
    const keys = patterns.length === 0 ? [] : leaf.split('.');
    return patterns.some((pattern) =>
      pattern.every((segment, index) => segment === keys[index] || (segment === '*' && index < keys.length)),
    );
  };
}
