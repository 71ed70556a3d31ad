import { readRiskWeights } from '@parapet/detection/files';
import { readConfigured, runService } from '@parapet/service';
import { checkEnrichmentFile } from './check-enrichment-file.ts';
import { defaultWorkers, processorConfig } from './config.ts';
import { startDetectorRole } from './detector-role.ts';

await runService({
  name: 'processor',
  config: processorConfig,
  async start({ config, log, metrics, lifecycle }, { onHangup }) {
    const mechanism = config.KAFKA_SASL_MECHANISM;
    const username = config.KAFKA_SASL_USERNAME;
    const password = config.KAFKA_SASL_PASSWORD;
    await checkEnrichmentFile(config.ENRICHMENT_FILE);
    await startDetectorRole({
      kafka: {
        brokers: config.KAFKA_BROKERS,
        ssl: config.KAFKA_SSL,
        ...(mechanism && username && password ? { sasl: { mechanism, username, password } } : {}),
      },
      lakeDir: config.LAKE_DIR,
      rules: {
        folders: config.RULES_DIRS,
        placeholdersFile: config.PLACEHOLDERS_FILE,
        pollMs: config.RULES_POLL_SECONDS * 1000,
      },
      workers: { count: config.PROCESSOR_WORKERS ?? defaultWorkers(), heapMb: config.WORKER_HEAP_MB },
      analyser: {
        sourceByTopic: config.SOURCE_BY_TOPIC ?? {},
        riskWeights: await readConfigured(() => readRiskWeights(config.RISK_FILE)),
        limits: {
          maxEventBytes: config.MAX_EVENT_BYTES,
          maxDepth: config.MAX_EVENT_DEPTH,
          maxLines: config.MAX_EVENTS_PER_RECORD,
          maxTotalDictionaryBytes: config.MAX_DICTIONARY_MB * 1024 * 1024,
        },
      },
      enrichmentFile: config.ENRICHMENT_FILE,
      log,
      metrics,
      lifecycle,
      onHangup,
    });
  },
});
