import { Buffer } from 'node:buffer';
import type { Scalar } from './field-value.ts';
import { findPart, found, type PartPatterns } from './parts/byte-pattern.ts';
import { type MessagePart, messageParts } from './parts/message-parts.ts';

/**
 * Parts of a text that sources write into one field, by name: where a shape's alias says `{ path, as: 'sudoCommand' }`, the
 * field's value is that part of the text at the path. The first pattern that fits decides and its only group is the part; a
 * text that none fits has no such part, and the next path is tried.
 *
 * The text is whatever an attacker could have logged. Every pattern is anchored at one end or begins with fixed words, and
 * every quantifier inside is bounded or runs to the end once, so that the time grows with the text's length alone. What is cut out of
 * nearly every message is in `messageParts`, as patterns over bytes.
 */
const patterns = {
  /** The path of a URI. */
  uriPath: [/^([^?]*)/],
  uriQuery: [/^[^?]*\?(.*)$/s],
  /** What follows the last dot of a path's last part. */
  uriExtension: [/^[^?#]*\.([A-Za-z0-9]{1,16})(?:[?#]|$)/],
  /** Of the first line of an HTTP request as servers log it: `GET /a?b HTTP/1.1`. What was asked for may hold spaces. */
  requestMethod: [/^([A-Z]{1,32}) /],
  requestTarget: [/^[A-Z]{1,32} (.+) HTTP\/\d(?:\.\d)?$/s, /^[A-Z]{1,32} (\S+)$/],
  requestVersion: [/^[A-Z]{1,32} .+ (HTTP\/\d(?:\.\d)?)$/s],
  /** What follows the first dot of a dotted name. */
  afterDot: [/^[^.\s]{1,64}\.(.{1,256})$/],
  /** What follows the last dot of a dotted name, or the whole of a name without one. */
  lastDotted: [/([^.\s]{1,256})$/],
  lastWord: [/(\S{1,64})\s{0,16}$/],

  // A line of a log file as syslog daemons write it: RFC 3164, the same with an ISO time, RFC 5424.
  syslogTime: [/^(?:<\d{1,3}>1? ?)?(\d{4}-\d\d-\d\dT\S{8,30}) /],
  syslogHost: headerPatterns((host) => `(${host})`),
  syslogProgram: headerPatterns(undefined, (program) => `(${program})`),
  syslogPid: headerPatterns(undefined, undefined, (pid) => `(${pid})`),
  syslogMessage: headerPatterns(undefined, undefined, undefined, '(.*)'),
} as const satisfies Readonly<Record<string, readonly RegExp[]>>;

/** Name of a part of a text. */
export type AliasPart = keyof typeof patterns | MessagePart;

/** The names of all parts. */
export const aliasParts = [...Object.keys(patterns), ...Object.keys(messageParts)] as readonly AliasPart[];

/** Longer texts have no parts: no log line that one could be cut from is so long. */
export const maxTextLength = 65_536;

/** How a part is found in the bytes of a text; undefined for one that is found in its characters. */
export function bytePatternsOf(part: AliasPart | readonly AliasPart[]): PartPatterns | undefined {
  return typeof part === 'string' && isMessagePart(part) ? messageParts[part] : undefined;
}

const isMessagePart = (part: AliasPart): part is MessagePart => Object.hasOwn(messageParts, part);

/**
 * The part of a text, undefined where the text has none; of several names each part is taken out of the one before. A pure
 * function of its two arguments, so that its answers can be kept per distinct value.
 */
export function partOf(value: Scalar, part: AliasPart | readonly AliasPart[]): string | undefined {
  if (typeof part !== 'string') {
    let text: Scalar | undefined = value;
    for (const one of part) text = text === undefined ? undefined : partOf(text, one);
    return typeof text === 'string' ? text : undefined;
  }
  if (typeof value !== 'string' || value.length > maxTextLength) return undefined;
  if (isMessagePart(part)) {
    const bytes = Buffer.from(value);
    const isFound = bytes.length <= maxTextLength && findPart(messageParts[part], bytes, 0, bytes.length);
    return isFound ? bytes.toString('utf8', found.start, found.end) : undefined;
  }
  for (const pattern of patterns[part] as readonly RegExp[]) {
    const group = pattern.exec(value)?.[1];
    if (group !== undefined && group !== '') return group;
  }
  return undefined;
}

type Group = (pattern: string) => string;

/** The patterns of a syslog line's header with one group around the wanted piece. */
function headerPatterns(
  host: Group = (pattern) => pattern,
  program: Group = (pattern) => pattern,
  pid: Group = (pattern) => pattern,
  rest = '',
): readonly RegExp[] {
  const time = String.raw`(?:[A-Z][a-z]{2} {1,2}\d{1,2} \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT\S{8,30})`;
  const name = String.raw`[^\s:[\]]{1,128}`;
  const address = String.raw`\S{1,255}`;
  const number = String.raw`\d{1,10}`;
  const isPid = pid('') !== '';
  // Structured data: a value in quotes may hold a bracket.
  const data = String.raw`(?:-|(?:\[[^\]"]{0,1024}(?:"(?:[^"\\]|\\.){0,1024}"[^\]"]{0,1024}){0,64}\]){1,32})`;
  const bracket = String.raw`\[${pid(number)}\]`;
  return [
    new RegExp(
      String.raw`^(?:<\d{1,3}>)?${time} ${host(address)} ${program(name)}${isPid ? bracket : `(?:${bracket})?`}:\s?${rest}`,
      's',
    ),
    new RegExp(
      String.raw`^<\d{1,3}>1 \S{1,40} ${host(address)} ${program(name)} ${isPid ? pid(number) : String.raw`\S{1,128}`} \S{1,32} ${data} ?${rest}`,
      's',
    ),
  ];
}
