import { runService } from '@parapet/service';
import { processorConfig } from './config.ts';
import { startDetectorRole } from './detector-role.ts';

await runService({
  name: 'processor',
  config: processorConfig,
  async start({ config, log, metrics, lifecycle }) {
    const mechanism = config.KAFKA_SASL_MECHANISM;
    const username = config.KAFKA_SASL_USERNAME;
    const password = config.KAFKA_SASL_PASSWORD;
    await startDetectorRole({
      kafka: {
        brokers: config.KAFKA_BROKERS,
        ssl: config.KAFKA_SSL,
        ...(mechanism && username && password ? { sasl: { mechanism, username, password } } : {}),
      },
      lakeDir: config.LAKE_DIR,
      rulesDirs: config.RULES_DIRS,
      log,
      metrics,
      lifecycle,
    });
  },
});
