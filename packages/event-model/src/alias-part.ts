import type { Scalar } from './field-value.ts';

/**
 * Parts of a text that sources write into one field, by name: where a shape's alias says `{ path, as: 'sudoCommand' }`, the
 * field's value is that part of the text at the path. The first pattern that fits decides and its only group is the part; a
 * text that none fits has no such part, and the next path is tried.
 *
 * The text is whatever an attacker could have logged. Every pattern is anchored at one end or begins with fixed words, and
 * every quantifier inside is bounded or runs to the end once, so that the time grows with the text's length alone. Where a
 * user's name may hold the words that end it, the last such words count: sshd writes the address after the name.
 */
const patterns = {
  /** The path of a URI. */
  uriPath: [/^([^?]*)/],
  uriQuery: [/^[^?]*\?(.*)$/s],
  /** What follows the last dot of a path's last part. */
  uriExtension: [/^[^?#]*\.([A-Za-z0-9]{1,16})(?:[?#]|$)/],
  /** What follows the first dot of a dotted name. */
  afterDot: [/^[^.\s]{1,64}\.(.{1,256})$/],
  /** What follows the last dot of a dotted name, or the whole of a name without one. */
  lastDotted: [/([^.\s]{1,256})$/],
  lastWord: [/(\S{1,64})\s{0,16}$/],
  firstWord: [/^\s{0,16}(\S{1,64})/],

  // A line of a log file as syslog daemons write it: RFC 3164, the same with an ISO time, RFC 5424.
  syslogTime: [/^(?:<\d{1,3}>1? ?)?(\d{4}-\d\d-\d\dT\S{8,30}) /],
  syslogHost: headerPatterns((host) => `(${host})`),
  syslogProgram: headerPatterns(undefined, (program) => `(${program})`),
  syslogPid: headerPatterns(undefined, undefined, (pid) => `(${pid})`),
  syslogMessage: headerPatterns(undefined, undefined, undefined, '(.*)'),

  // Who and where from, in the messages of sshd, login and PAM.
  sessionUser: [
    /^(?:Accepted|Failed|Postponed) \S{1,64} for (?:invalid user )?(.{1,256}) from \S{1,64} port \d{1,5}(?: ssh2.{0,256})?$/,
    /^Invalid user (.{0,256}) from \S{1,64}(?: port \d{1,5})?$/,
    /^(?:error: )?maximum authentication attempts exceeded for (?:invalid user )?(.{1,256}) from \S{1,64} port/,
    /^User (\S{1,256}) from \S{1,256} not allowed/,
    /^(?:Connection (?:closed|reset) by|Disconnected from|Disconnecting) (?:authenticating |invalid )?user (\S{1,256}) /,
    /^pam_\w{1,32}\([^)]{1,64}\): session (?:opened|closed) for user ([^\s(]{1,256})/,
    /^pam_\w{1,32}\([^)]{1,64}\): authentication failure;.{0,512} user=(\S{1,256})\s*$/,
    /^(?:Successful su for|FAILED su for) (\S{1,256}) by /,
    /^(?:FAILED SU )?\(to (\S{1,256})\) /,
    /^new (?:user|group): name=([^,\s]{1,256})/,
    /^delete user '([^']{1,256})'/,
  ],
  sessionBy: [
    /^(?:Successful su for|FAILED su for) \S{1,256} by (\S{1,256})/,
    /^(?:FAILED SU )?\(to \S{1,256}\) (\S{1,256}) on /,
    /^pam_\w{1,32}\([^)]{1,64}\): session opened for user \S{1,300} by ([^\s(]{1,256})/,
  ],
  sessionAddress: [
    /^(?:Accepted|Failed|Postponed) .{1,512} from (\S{1,64}) port \d{1,5}(?: ssh2.{0,256})?$/,
    /^Invalid user .{0,256} from (\S{1,64})(?: port \d{1,5})?$/,
    /^(?:error: )?maximum authentication attempts exceeded for .{1,300} from (\S{1,64}) port \d{1,5}/,
    /^User \S{1,256} from (\S{1,256}) not allowed/,
    /^(?:Connection (?:closed|reset) by|Disconnected from|Disconnecting) (?:(?:authenticating |invalid )?user \S{1,256} )?(\S{1,64}) port \d{1,5}/,
    /^Received disconnect from (\S{1,64}) port/,
    /^Connection from (\S{1,64}) port/,
    /^Did not receive identification string from (\S{1,64})/,
    /^pam_\w{1,32}\([^)]{1,64}\): authentication failure;.{0,512} rhost=(\S{1,256})/,
  ],
  sessionPort: [
    /^(?:Accepted|Failed|Postponed) .{1,512} from \S{1,64} port (\d{1,5})(?: ssh2.{0,256})?$/,
    /^Invalid user .{0,256} from \S{1,64} port (\d{1,5})$/,
    /^(?:Connection (?:closed|reset) by|Disconnected from|Disconnecting) (?:(?:authenticating |invalid )?user \S{1,256} )?\S{1,64} port (\d{1,5})/,
  ],
  /** What PAM says happened: `session opened`, `session closed`, `authentication failure`. */
  pamAction: [/^pam_\w{1,32}\([^)]{1,64}\): ([a-z]{1,32} [a-z]{1,32})/],

  // `bob : TTY=pts/0 ; PWD=/home/bob ; USER=root ; COMMAND=/bin/ls`
  sudoUser: [/^\s{0,64}(\S{1,256}) : (?:[^;]{0,256}; )?TTY=/],
  sudoTty: [/^\s{0,64}\S{1,256} : (?:[^;]{0,256}; )?TTY=(\S{1,256}) ; /],
  sudoDirectory: [/^\s{0,64}\S{1,256} : .{0,512}? ; PWD=(.{1,4096}?) ; USER=/],
  sudoTarget: [/^\s{0,64}\S{1,256} : .{0,4096}? ; USER=(\S{1,256}) ; /],
  sudoCommand: [/^\s{0,64}\S{1,256} : .{0,4096}? ; COMMAND=(.*)$/s],
  /** `command not allowed`, `3 incorrect password attempts`: what stands before TTY where sudo refused. */
  sudoRefusal: [/^\s{0,64}\S{1,256} : ([^;=]{1,256}) ; TTY=/],

  // `(root) CMD (run-parts /etc/cron.hourly)`
  cronUser: [/^\(([^)]{1,256})\) (?:CMD|RELOAD|LIST|REPLACE|BEGIN EDIT|END EDIT|DELETE) \(/],
  cronCommand: [/^\([^)]{1,256}\) CMD \((.*)\)\s*$/s],
} as const satisfies Readonly<Record<string, readonly RegExp[]>>;

/** Name of a part of a text. */
export type AliasPart = keyof typeof patterns;

/** The names of all parts. */
export const aliasParts = Object.keys(patterns) as readonly AliasPart[];

/** Longer texts have no parts: no log line that one could be cut from is so long. */
const maxTextLength = 65_536;

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
  for (const pattern of patterns[part] as readonly RegExp[]) {
    const found = pattern.exec(value)?.[1];
    if (found !== undefined && found !== '') return found;
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
