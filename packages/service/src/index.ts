export { ConfigError, defineConfig, type Environment, readConfigured } from './config.ts';
export {
  databaseConfig,
  gatewaySecretConfig,
  httpConfig,
  kafkaConfig,
  lakeConfig,
  logConfig,
  opsConfig,
  riskConfig,
  shutdownConfig,
} from './config-fragments.ts';
export {
  decimalNumber,
  flag,
  host,
  httpUrl,
  list,
  port,
  secret,
  text,
  type VariableMeta,
  variable,
  wholeNumber,
} from './config-values.ts';
export { raceAbort, withDeadline } from './deadline.ts';
export { type ConfigRow, describeConfig } from './describe-config.ts';
export { exitCodes } from './exit-codes.ts';
export { createLifecycle, type Lifecycle, type LifecycleControl, type StopPhase } from './lifecycle.ts';
export { createLogger, type Logger, writeLogLine } from './logger.ts';
export {
  type BoundedLabel,
  createMetrics,
  type GaugeMerge,
  type LabelSets,
  type LabelValues,
  type MetricOptions,
  type Metrics,
  type MetricsSnapshot,
} from './metrics.ts';
export {
  type ReadyMessage,
  runService,
  type ServiceContext,
  type ServiceOptions,
} from './run-service.ts';
export { Secret } from './secret.ts';
