import { createHash } from 'node:crypto';
import { plainOf, type YamlMapping } from './yaml-node.ts';

/**
 * Id of a rule that has none: a hash of its content, in the shape of a UUID (version 8). The same rule in
 * another file or folder has the same id; a changed rule has another.
 */
export function derivedId(node: YamlMapping): string {
  const hex = createHash('sha256')
    .update(JSON.stringify(plainOf(node)))
    .digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
