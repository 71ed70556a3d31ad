import type { Severity } from '@parapet/event-model';

/** Turns text into coloured text, or leaves it as it is where colours are not wanted. */
export interface Style {
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
  severity(severity: Severity, text: string): string;
}

const severityCodes: Readonly<Record<Severity, string>> = {
  informational: '2',
  low: '36',
  medium: '33',
  high: '31',
  critical: '1;97;41',
};

export function createStyle(coloured: boolean): Style {
  const paint = (code: string) => (text: string) => (coloured ? `\u001b[${code}m${text}\u001b[0m` : text);
  return {
    bold: paint('1'),
    dim: paint('2'),
    red: paint('31'),
    green: paint('32'),
    yellow: paint('33'),
    severity: (severity, text) => paint(severityCodes[severity])(text),
  };
}

/** Whether a stream takes colours: a terminal, unless NO_COLOR is set (https://no-color.org) or TERM is dumb. */
export function wantsColour(
  stream: { readonly isTTY?: boolean | undefined },
  env: Readonly<Record<string, string | undefined>>,
): boolean {
  if ((env['NO_COLOR'] ?? '') !== '') return false;
  if ((env['FORCE_COLOR'] ?? '') !== '') return env['FORCE_COLOR'] !== '0';
  return stream.isTTY === true && env['TERM'] !== 'dumb';
}
