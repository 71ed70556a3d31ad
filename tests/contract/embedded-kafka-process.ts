import { startBroker } from '@parapet/embedded-kafka';

/** A broker process for tests: folder and port as arguments, the port it got as a message to its parent. */
const [dir = '', port = '0'] = process.argv.slice(2);
const broker = await startBroker({ dir, port: Number(port) });
process.send?.({ port: broker.port });
process.once('disconnect', () => process.exit(0));
