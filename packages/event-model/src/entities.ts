import { assetHandle } from './asset-handle.ts';
import type { Column, EventBatch } from './columns/event-batch.ts';
import type { FieldValue } from './field-value.ts';
import type { Entities } from './messages/finding.ts';
import type { AssetName, Observation } from './messages/observation.ts';
import { addressScope } from './normalize-address.ts';

/** An asset that an event shows, by its names, strongest first. */
export interface SeenAsset {
  readonly role: Observation['role'];
  readonly names: readonly [AssetName, ...AssetName[]];
}

/** Tells who and what an event of the batch is about, cut to the bounds of `Entities`. Valid as long as the batch is. */
export function entitiesOf(batch: EventBatch): (row: number) => Entities {
  const text = (path: string, limit: number): ((row: number) => string | undefined) =>
    remembering(batch.attribute(path), (value) => textOf(value, limit));
  const isLaunch = remembering(batch.attribute('type_uid'), (value) => value === launchType);
  const host = text('device.hostname', 1000);
  const actor = remembering(batch.attribute('actor.user.name'), userNameOf);
  const user = remembering(batch.attribute('user.name'), userNameOf);
  const source = text('src_endpoint.ip', 100);
  const destination = text('dst_endpoint.ip', 100);
  const account = text('cloud.account.uid', 1000);
  const actorProcess = text('actor.process.file.path', 32_768);
  const ownProcess = text('process.file.path', 32_768);
  return (row) => {
    const found = {
      host: host(row),
      user: actor(row) ?? user(row),
      sourceAddress: source(row),
      destinationAddress: destination(row),
      account: account(row),
      process:
        isLaunch(row) === true
          ? (ownProcess(row) ?? actorProcess(row))
          : (actorProcess(row) ?? ownProcess(row)),
    };
    const entities: Entities = {};
    for (const key of Object.keys(found) as (keyof Entities)[]) {
      const value = found[key];
      if (value !== undefined) entities[key] = value;
    }
    return entities;
  };
}

/** What `of` makes of a row's value; undefined where it has none. Many events in a row have the same one. */
function remembering<T>(
  column: Column | undefined,
  of: (value: FieldValue) => T | undefined,
): (row: number) => T | undefined {
  let lastCode = 0;
  let made: T | undefined;
  return (row) => {
    const code = column?.codes[row] ?? 0;
    if (column === undefined || code === 0) return undefined;
    if (code !== lastCode) {
      made = of(column.dictionary.valueOf(code));
      lastCode = code;
    }
    return made;
  };
}

/**
 * The assets an event shows: the machine that logged it (`device`), the machines at either end of a connection where
 * their addresses are of one's own network (`endpoint`), and the cloud account (`cloud`).
 */
export function assetsOf(batch: EventBatch, row: number): readonly SeenAsset[] {
  const valueAt = (path: string): FieldValue | undefined => batch.attributeValue(row, path);
  const assets: SeenAsset[] = [];
  const add = (role: Observation['role'], names: readonly (AssetName | undefined)[]): void => {
    const [first, ...rest] = names.filter((name) => name !== undefined);
    if (first !== undefined) assets.push({ role, names: [first, ...rest] });
  };
  const deviceAddress = addressNameOf(valueAt('device.ip'));
  add('device', [hostNameOf(valueAt('device.hostname')), deviceAddress]);
  for (const end of ['src_endpoint', 'dst_endpoint']) {
    const address = addressNameOf(valueAt(`${end}.ip`));
    if (address === undefined || address.handle === deviceAddress?.handle) continue;
    if (!assets.some((asset) => asset.names.some((name) => name.handle === address.handle)))
      add('endpoint', [address]);
  }
  add('cloud', [accountNameOf(valueAt('cloud.account.uid'))]);
  return assets;
}

/** Every name of every asset an event shows, each once. */
export function assetNamesOf(batch: EventBatch, row: number): readonly AssetName[] {
  const names = new Map<string, AssetName>();
  for (const asset of assetsOf(batch, row)) {
    for (const name of asset.names) names.set(name.handle, name);
  }
  return [...names.values()];
}

/** The name that a value of `device.hostname` gives a machine. */
export function hostNameOf(value: FieldValue | undefined): AssetName | undefined {
  return assetName('host', textOf(value, 255));
}

/** The name that an address gives a machine; undefined where it is not of one's own network. */
export function addressNameOf(value: FieldValue | undefined): AssetName | undefined {
  const address = textOf(value, 100);
  return address !== undefined && addressScope(address) === 'internal' ? assetName('ip', address) : undefined;
}

/** The name that a value of `cloud.account.uid` gives a cloud account. */
export function accountNameOf(value: FieldValue | undefined): AssetName | undefined {
  return assetName('account', textOf(value, 1000));
}

/** Who a value of `actor.user.name` or `user.name` says it was; events without the first have the second. */
export function userNameOf(value: FieldValue | undefined): string | undefined {
  return textOf(value, 1000);
}

/** Text that every store takes: well-formed, without NUL, at most `limit` UTF-16 units. */
export function boundedText(text: string, limit: number): string {
  const wellFormed = text.replaceAll('\0', '\ufffd');
  return (wellFormed.length > limit ? wellFormed.slice(0, limit) : wellFormed).toWellFormed();
}

/** OCSF type_uid of Process Activity: Launch. */
const launchType = 100_701;

/** Of several values the first. */
function textOf(value: FieldValue | undefined, limit: number): string | undefined {
  const scalar = typeof value === 'object' && value !== null ? value[0] : value;
  if (scalar === undefined || scalar === null) return undefined;
  const text = boundedText(String(scalar), limit);
  return text === '' ? undefined : text;
}

const handles = new Map<string, AssetName>();
const maxHandles = 50_000;

/** Names repeat from event to event; hashing each one once keeps it cheap. */
function assetName(kind: AssetName['kind'], name: string | undefined): AssetName | undefined {
  if (name === undefined || name.trim() === '') return undefined;
  const key = `${kind} ${name}`;
  let known = handles.get(key);
  if (known === undefined) {
    known = { kind, name, handle: assetHandle(kind, name) };
    if (handles.size >= maxHandles) handles.clear();
    handles.set(key, known);
  }
  return known;
}
