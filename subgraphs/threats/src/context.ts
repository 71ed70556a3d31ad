import { type RiskWeights, scoreEntity } from '@parapet/detection';
import { createLoader, type Identity, type Loader } from '@parapet/subgraph';
import type { AlertFilter, AlertPage, AlertReader, AssetHandles, Evidence } from './alert-reader.ts';
import { type AlertRisk, riskOfAlert } from './alert-risk.ts';
import type { Alert } from './alert-state.ts';
import type { AlertWriter } from './alert-writer.ts';
import type { NamedRisk, Risk, RiskEntityKind, RiskReader } from './risk-reader.ts';
import type { DetectionRule, RuleReader } from './rule-reader.ts';

export interface ThreatsStores {
  readonly reader: AlertReader;
  readonly writer: Pick<AlertWriter, 'setStatus'>;
  readonly rules: RuleReader;
  readonly risks: RiskReader;
  readonly weights: RiskWeights;
}

/** What one request of the threats subgraph works with. */
export interface ThreatsContext extends ThreatsStores {
  readonly identity: Identity;
  readonly alerts: Loader<Alert | null>;
  readonly detectionRules: Loader<DetectionRule | null>;
  alertsOf(asset: AssetHandles, filter: AlertFilter, page: AlertPage): Promise<readonly Alert[]>;
  openAlertCountOf(asset: AssetHandles): Promise<number>;
  riskOfAlert(alert: Alert): AlertRisk;
  riskOfAsset(asset: AssetHandles): Promise<Risk>;
  riskOfName(kind: RiskEntityKind, name: string): Promise<NamedRisk>;
  evidenceOf(alertId: string, first: number): Promise<readonly Evidence[]>;
  rawEvidence(alertId: string, eventId: string): Promise<string>;
}

export function createThreatsContext(stores: ThreatsStores, identity: Identity): ThreatsContext {
  const { reader, rules, risks, weights } = stores;
  const assets = new Map<string, AssetHandles>();
  const remember = (asset: AssetHandles) => assets.set(asset.key, asset);
  const recall = (keys: readonly string[]) => keys.flatMap((key) => assets.get(key) ?? []);

  // Loaders of lists are kept by the list's arguments: fields with the same arguments on many parents share one query.
  const listLoaders = new Map<string, Loader<readonly Alert[]>>();
  const evidenceLoaders = new Map<number, Loader<readonly Evidence[]>>();
  const openCounts = createLoader((keys) => reader.countOpenByAssets(recall(keys)), 0);
  const nameLoaders = new Map<RiskEntityKind, Loader<NamedRisk | null>>();
  // An asset's risk is made from up to some hundred alerts.
  const noRisk: Risk = scoreEntity([], weights, 0);
  const assetRisks = createLoader((keys) => risks.ofAssets(recall(keys)), noRisk, { maxBatchSize: 100 });
  const raw = createLoader(
    (keys) =>
      reader.rawEvidence(
        keys.map((key) => {
          const [alertId = '', eventId = ''] = key.split(' ', 2);
          return { alertId, eventId };
        }),
      ),
    '',
    { maxBatchSize: 100 },
  );

  return {
    ...stores,
    identity,
    alerts: createLoader((ids) => reader.byIds(ids), null),
    detectionRules: createLoader((ids) => rules.byIds(ids), null),
    alertsOf(asset, filter, page) {
      remember(asset);
      return getOrCreate(listLoaders, JSON.stringify([filter, page]), () =>
        createLoader((keys) => reader.listByAssets(recall(keys), filter, page), [] as readonly Alert[]),
      ).load(asset.key);
    },
    openAlertCountOf(asset) {
      remember(asset);
      return openCounts.load(asset.key);
    },
    riskOfAlert: (alert) => riskOfAlert(alert, weights),
    riskOfAsset(asset) {
      remember(asset);
      return assetRisks.load(asset.key);
    },
    async riskOfName(kind, name) {
      const loader = getOrCreate(nameLoaders, kind, () =>
        createLoader((names) => risks.ofNames(kind, names), null, { maxBatchSize: 100 }),
      );
      return (await loader.load(name)) ?? { ...noRisk, kind, name };
    },
    evidenceOf: (alertId, first) =>
      getOrCreate(evidenceLoaders, first, () =>
        createLoader((ids) => reader.evidence(ids, first), [] as readonly Evidence[]),
      ).load(alertId),
    rawEvidence: (alertId, eventId) => raw.load(`${alertId} ${eventId}`),
  };
}

function getOrCreate<K, V>(map: Map<K, V>, key: K, create: () => V): V {
  const found = map.get(key);
  if (found !== undefined) return found;
  const created = create();
  map.set(key, created);
  return created;
}
