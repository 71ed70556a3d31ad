import { pino } from 'pino';
import { createPrettyStream } from './pretty-stream.ts';

export type Logger = pino.Logger;

const streamOf: typeof pino.symbols.streamSym = pino.symbols.streamSym;

const secretNames = [
  'authorization',
  'apiKey',
  'api_key',
  'cookie',
  'credentials',
  'databaseUrl',
  'DATABASE_URL',
  'GATEWAY_SECRET',
  'KAFKA_SASL_PASSWORD',
  'passphrase',
  'password',
  'secret',
  'set-cookie',
  'token',
  'x-parapet-identity',
];

/** Up to three levels deep, in any object that is logged; deeper objects do not belong in a log line. */
const redactedPaths = ['', '*.', '*.*.'].flatMap((above) =>
  secretNames.map((name) =>
    /^\w+$/.test(name) ? `${above}${name}` : `${above.replace(/\.$/, '')}["${name}"]`,
  ),
);

/**
 * A logger that writes one line an entry to `stream` (standard output unless given), synchronously, so that the last line
 * before a crash is never lost. Known names of secrets are printed as `[redacted]`.
 */
export function createLogger(opts: {
  service: string;
  level?: string;
  format?: 'json' | 'pretty';
  stream?: pino.DestinationStream;
}): Logger {
  const options: pino.LoggerOptions = {
    level: opts.level ?? 'info',
    base: { service: opts.service, pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    serializers: { err: pino.stdSerializers.errWithCause, error: pino.stdSerializers.errWithCause },
    redact: { paths: redactedPaths, censor: '[redacted]' },
  };
  const destination = opts.stream ?? pino.destination({ dest: 1, sync: true });
  return pino(options, opts.format === 'pretty' ? createPrettyStream(destination) : destination);
}

/** Writes a line that another thread's logger made, as this logger writes its own: whole, in its format and place. */
export function writeLogLine(log: Logger, line: string): void {
  (log as Logger & { [streamOf]: pino.DestinationStream })[streamOf].write(line);
}
