import { type BrokerOptions, startBroker } from '@parapet/embedded-kafka';

/** A broker process for tests: its options as JSON in the first argument, the port it got as a message to its parent. */
const broker = await startBroker(JSON.parse(process.argv[2] ?? '{}') as BrokerOptions);
process.send?.({ port: broker.port });
process.once('disconnect', () => process.exit(0));
