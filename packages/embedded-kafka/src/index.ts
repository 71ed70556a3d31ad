export type { BrokerLog } from './api.ts';
export { type Broker, startBroker } from './broker.ts';
export type { BrokerOptions } from './broker-options.ts';
export type { FsyncPolicy } from './log/log-settings.ts';
