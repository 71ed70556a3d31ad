import { createAssetKnowledge } from './asset-knowledge.ts';
import { createDataProvider, type DataSource, type SourceContent } from './data-provider.ts';
import type { EnrichmentConfig, PostgresQuery, ProviderConfig } from './enrichment-config.ts';
import { createGeoKnowledge } from './geo-knowledge.ts';
import { createIndicatorKnowledge, type IndicatorFormat } from './indicator-knowledge.ts';
import type { EnrichmentLog, Knowledge, Provider } from './provider.ts';
import type { ValueType } from './question.ts';
import { decodeText, isRecord, parseJson, parseRecords, type RecordFormat } from './records.ts';
import { createUserKnowledge } from './user-knowledge.ts';
import { createZoneKnowledge, defaultZones } from './zone-knowledge.ts';

export interface ProviderPorts {
  /** The source behind a path as the configuration writes it. */
  readonly sourceOf: (file: string) => DataSource;
  /** The source behind a query of a database. */
  readonly rowsOf: (query: PostgresQuery, timeoutMs: number) => DataSource;
  readonly now: () => number;
  readonly log: EnrichmentLog;
}

/** The providers that a configuration describes, without data yet: `refresh` reads it. */
export function createProviders(config: EnrichmentConfig, ports: ProviderPorts): readonly Provider[] {
  const zones = config.providers.filter((provider) => provider.kind === 'zone');
  const rest = config.providers.filter((provider) => provider.kind !== 'zone');
  const { now, log } = ports;
  const defaults = zones.some((provider) => !provider.defaults) ? [] : defaultZones;
  const own = zones.flatMap((provider) =>
    Object.entries(provider.zones).flatMap(([zone, { networks, internal }]) =>
      networks.map((network) => ({ network, zone, internal })),
    ),
  );
  const startedAt = now();
  const provider = zones[0]?.name ?? 'zones';
  const zoneProvider = createDataProvider({
    name: provider,
    kind: 'zone',
    types: ['address'],
    // The zones are part of the configuration: read once.
    source: {
      read: async (version) =>
        version === undefined
          ? { bytes: new Uint8Array(0), modifiedAt: startedAt, version: 'configuration' }
          : undefined,
    },
    parse: async () => ({
      asOf: startedAt,
      knowledge: createZoneKnowledge({ provider, zones: [...defaults, ...own], asOf: startedAt }),
    }),
    refreshMs: 3_600_000,
    timeoutMs: 60_000,
    now,
    log,
  });
  return [zoneProvider, ...rest.map((one) => createRecordsProvider(one, ports))];
}

type RecordsProvider = Exclude<ProviderConfig, { kind: 'zone' }>;

const typesOf: Readonly<Record<RecordsProvider['kind'], readonly ValueType[]>> = {
  asset: ['address', 'host', 'account'],
  user: ['user'],
  location: ['address'],
  autonomous_system: ['address'],
  indicator: ['address', 'domain', 'url', 'hash'],
};

function createRecordsProvider(config: RecordsProvider, ports: ProviderPorts): Provider {
  const { name, kind, refreshSeconds, timeoutSeconds, staleAfterSeconds } = config;
  const { now, log } = ports;
  return createDataProvider({
    name,
    kind,
    types: typesOf[kind],
    isAllowList: config.kind === 'indicator' && config.allow,
    source: sourceOf(config, ports),
    parse: (content) => parse(config, content),
    refreshMs: refreshSeconds * 1000,
    timeoutMs: timeoutSeconds * 1000,
    staleAfterMs: staleAfterSeconds === undefined ? undefined : staleAfterSeconds * 1000,
    now,
    log,
  });
}

function sourceOf(config: RecordsProvider, ports: ProviderPorts): DataSource {
  if ('postgres' in config && config.postgres !== undefined)
    return ports.rowsOf(config.postgres, config.timeoutSeconds * 1000);
  // The configuration has been checked: one of both is there.
  return ports.sourceOf(config.file ?? '');
}

async function parse(
  config: RecordsProvider,
  content: SourceContent,
): Promise<{ knowledge: Knowledge; asOf: number }> {
  const { name: provider, kind } = config;
  const { bytes, modifiedAt: asOf } = content;
  if (kind === 'location' || kind === 'autonomous_system')
    return createGeoKnowledge({ provider, kind, bytes, modifiedAt: asOf });
  const text = decodeText(bytes);
  if (config.kind === 'indicator') {
    const { header, columns, threat, confidence, list = provider } = config;
    const format = config.format ?? indicatorFormatOf(config.file, text);
    return {
      asOf,
      knowledge: await createIndicatorKnowledge({
        provider,
        list,
        asOf,
        text,
        format,
        header,
        columns,
        threat,
        confidence,
      }),
    };
  }
  const rows = parseRecords(
    text,
    config.format ?? (config.file === undefined ? 'ndjson' : recordFormatOf(config.file)),
  );
  const create = kind === 'asset' ? createAssetKnowledge : createUserKnowledge;
  return { asOf, knowledge: await create({ provider, rows, asOf }) };
}

function recordFormatOf(file: string): RecordFormat {
  if (/\.csv$|\.tsv$/i.test(file)) return 'csv';
  if (/\.ndjson$|\.jsonl$/i.test(file)) return 'ndjson';
  if (/\.json$/i.test(file)) return 'json';
  if (/\.ya?ml$/i.test(file)) return 'yaml';
  throw new Error(
    'The format of the file is not to be seen from its name: set format to csv, ndjson, json or yaml.',
  );
}

function indicatorFormatOf(file: string, text: string): IndicatorFormat {
  if (!/\.json$/i.test(file))
    return /\.(?:csv|tsv|ndjson|jsonl|ya?ml)$/i.test(file) ? recordFormatOf(file) : 'list';
  const value = parseJson(text);
  if (!isRecord(value)) return 'json';
  return value['type'] === 'bundle' ? 'stix' : 'misp-warninglist';
}
