import type { AssetHandles } from './alert-reader.ts';

/** An asset as the gateway refers to it: nothing of an asset is kept here. */
export type AssetReference = { id?: string; handle?: string; handles?: readonly string[] };

export function toHandles(reference: AssetReference): AssetHandles {
  const handles = reference.handles ?? [];
  return { key: reference.id ?? reference.handle ?? handles[0] ?? '', handles };
}
