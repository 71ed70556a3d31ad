import { createHash } from 'node:crypto';

/** How an asset was named by an event. `host` is a host name, `ip` an address, `account` a cloud account. */
export const assetHandleKinds = ['host', 'ip', 'account'] as const;
export type AssetHandleKind = (typeof assetHandleKinds)[number];

/**
 * A stable id for one name of an asset. The assets subgraph keeps which asset each handle belongs to, so that anyone
 * who knows a name can refer to the asset without asking first, and handles that turn out to be one asset can merge.
 * Host names are compared without case and without their domain part's trailing dot; addresses as written by
 * `normalizeAddress`.
 */
export function assetHandle(kind: AssetHandleKind, name: string): string {
  const digest = createHash('sha256')
    .update(`${kind}\n${name.trim().toLowerCase().replace(/\.$/, '')}`)
    .digest('hex');
  return `ast_${digest.slice(0, 24)}`;
}
