import type { pino } from 'pino';

/** Turns pino's JSON lines into lines for people: time, level, service, message, then the other fields as key=value. */
export function createPrettyStream(destination: pino.DestinationStream): pino.DestinationStream {
  return { write: (line) => destination.write(toPrettyLine(line)) };
}

export function toPrettyLine(line: string): string {
  const {
    time,
    level,
    service,
    msg,
    pid: _pid,
    err,
    ...fields
  } = JSON.parse(line) as Record<string, unknown>;
  const clock = String(time).slice(11, 23);
  const rest = Object.entries(fields).map(([key, value]) => ` ${key}=${toField(value)}`);
  return `${clock} ${String(level).toUpperCase().padEnd(5)} ${service}: ${msg ?? ''}${rest.join('')}${toErrorText(err)}\n`;
}

function toField(value: unknown): string {
  return typeof value === 'string' && /^[\w./:@+-]+$/.test(value) ? value : JSON.stringify(value);
}

function toErrorText(err: unknown): string {
  if (typeof err !== 'object' || err === null) return '';
  const { stack, message } = err as { stack?: string; message?: string };
  return `\n  ${(stack ?? message ?? JSON.stringify(err)).replaceAll('\n', '\n  ')}`;
}
