import { runService } from '@parapet/service';
import { startBroker } from './broker.ts';
import { brokerConfig, toBrokerOptions } from './broker-config.ts';

await runService({
  name: 'broker',
  config: brokerConfig,
  async start({ config, log, lifecycle }) {
    const broker = await startBroker({ ...toBrokerOptions(config), log });
    lifecycle.onStop('close', 'broker', () => broker.stop());
    log.info(
      { address: broker.address, dir: config.KAFKA_DATA_DIR, fsync: config.KAFKA_FSYNC },
      'broker is ready',
    );
    return { addresses: { kafka: broker.address } };
  },
});
