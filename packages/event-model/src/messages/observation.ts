import { z } from 'zod';
import { assetHandleKinds } from '../asset-handle.ts';

/** A name that an event gave an asset. */
export const AssetName = z.object({
  kind: z.enum(assetHandleKinds),
  name: z.string().min(1).max(1000),
  handle: z.string().min(1).max(100),
});
export type AssetName = z.infer<typeof AssetName>;

/**
 * "An event shows that this asset exists, under these names", on topic `parapet.observations`, keyed by the first name's
 * handle. The processor sends one per distinct fact and minute. Applying one twice changes nothing.
 */
export const Observation = z.object({
  schema: z.literal(1),
  /** The names are of one asset, strongest first (host, then address). */
  names: z.array(AssetName).min(1).max(16),
  /** Where it was seen, e.g. `windows-sysmon`. */
  source: z.string().max(100),
  /** `device`: the machine that logged. `endpoint`: a peer in a connection. `cloud`: a cloud account. */
  role: z.enum(['device', 'endpoint', 'cloud']),
  /** Epoch milliseconds of the earliest and latest event behind it. */
  firstSeen: z.number(),
  lastSeen: z.number(),
  /** Users seen on the asset, at most 16. */
  users: z.array(z.string().max(1000)).max(16),
  /** `windows`, `linux`, ... where the source tells. */
  platform: z.string().max(100).optional(),
});
export type Observation = z.infer<typeof Observation>;
