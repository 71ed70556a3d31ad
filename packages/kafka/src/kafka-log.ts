import { type LogEntry, logLevel } from 'kafkajs';

/** What this package writes its log to; a pino logger fits. */
export interface KafkaLog {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/**
 * Sends kafkajs' own log lines to ours. Its "info" is traffic (every pause, every join), so it becomes debug; its
 * "error" covers every retry that then succeeds, so it becomes warn: what really failed reaches the caller as an error.
 */
export function toKafkajsLog(log: KafkaLog): () => (entry: LogEntry) => void {
  return () =>
    ({
      namespace,
      level,
      log: { message, timestamp: _timestamp, logger: _logger, stack: _stack, ...rest },
    }) => {
      const fields = { component: `kafkajs/${namespace}`, ...rest };
      if (level <= logLevel.WARN && !intended.has(message)) log.warn(fields, message);
      else log.debug(fields, message);
    };
}

/** Warnings about what we do on purpose; startProducer says why. */
const intended = new Set(['Limiting retries for the idempotent producer may invalidate EoS guarantees']);
