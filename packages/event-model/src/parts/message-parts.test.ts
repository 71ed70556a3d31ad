import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type AliasPart, partOf } from '../alias-part.ts';
import { createDecoder } from '../decode/create-decoder.ts';
import { sourceProfiles } from '../profiles/source-profiles.ts';
import type { SourceProfile } from '../source-profile.ts';
import { aRecord } from '../testing/a-record.ts';
import { type MessagePart, messageParts } from './message-parts.ts';

/** The same parts as regular expressions: slower, and plain to read. */
const reference = {
  firstWord: [/^\s{0,16}(\S{1,64})/],

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
  sudoTarget: [/^\s{0,64}\S{1,256} : .{0,16384}? ; USER=(\S{1,256}) ; /],
  sudoCommand: [/^\s{0,64}\S{1,256} : .{0,16384}? ; COMMAND=(.*)$/s],
  /** `command not allowed`, `3 incorrect password attempts`: what stands before TTY where sudo refused. */
  sudoRefusal: [/^\s{0,64}\S{1,256} : ([^;=]{1,256}) ; TTY=/],

  // `(root) CMD (run-parts /etc/cron.hourly)`
  cronUser: [/^\(([^)]{1,256})\) (?:CMD|RELOAD|LIST|REPLACE|BEGIN EDIT|END EDIT|DELETE) \(/],
  cronCommand: [/^\([^)]{1,256}\) CMD \((.*)\)\s*$/s],
} as const satisfies Readonly<Record<MessagePart, readonly RegExp[]>>;

function referencePart(text: string, part: keyof typeof reference): string | undefined {
  for (const pattern of reference[part] as readonly RegExp[]) {
    const found = pattern.exec(text)?.[1];
    if (found !== undefined && found !== '') return found;
  }
  return undefined;
}

const parts = Object.keys(messageParts) as MessagePart[];

/** Words of the messages, whole and cut short, and what an attacker may put between them. */
const words = [
  'Accepted',
  'Failed',
  'Postponed',
  'password',
  'publickey',
  'for',
  'invalid user',
  'from',
  '203.0.113.9',
  '2001:db8::1',
  'port',
  '22',
  '65535',
  '123456',
  'ssh2',
  'ssh2: ED25519 SHA256:x',
  'Invalid user',
  'error:',
  'User',
  'not allowed',
  'maximum authentication attempts exceeded',
  'Connection closed by',
  'Connection reset by',
  'Disconnected from',
  'Disconnecting',
  'authenticating',
  'invalid',
  'user',
  'pam_unix(sshd:session):',
  'pam_sss(su-l:auth):',
  'session opened',
  'session closed',
  'for user',
  'by',
  'authentication failure;',
  'user=bob',
  'rhost=198.51.100.1',
  'Successful su for',
  'FAILED su for',
  'FAILED SU',
  '(to root)',
  'on',
  'new user: name=bob,',
  'new group: name=g',
  "delete user 'bob'",
  'Received disconnect from',
  'Connection from',
  'Did not receive identification string from',
  'root',
  'bob',
  ':',
  'TTY=pts/0',
  ';',
  'PWD=/home/bob',
  'USER=root',
  'COMMAND=/bin/ls -l',
  'command not allowed',
  '(root)',
  'CMD',
  'RELOAD',
  'BEGIN EDIT',
  '(run-parts /etc/cron.hourly)',
  '(',
  ')',
  '=',
  "'",
  ',',
  '(uid=0)',
  '\t',
  '\n',
  '',
];
const text = fc
  .array(
    fc.oneof(
      { weight: 12, arbitrary: fc.constantFrom(...words) },
      { weight: 1, arbitrary: fc.string({ unit: 'grapheme-ascii', maxLength: 8 }) },
      { weight: 1, arbitrary: fc.nat({ max: 700 }).map((length) => 'x'.repeat(length)) },
    ),
    { maxLength: 14 },
  )
  .chain((chosen) => fc.constantFrom(chosen.join(' '), chosen.join(' ').trim(), chosen.join('')));

describe('parts of messages', () => {
  test('are what the regular expressions say, whatever the text is', () => {
    let held = 0;
    fc.assert(
      fc.property(text, (message) => {
        for (const part of parts) {
          const expected = referencePart(message, part);
          if (expected !== undefined && part !== 'firstWord') held += 1;
          expect(partOf(message, part), part).toBe(expected);
        }
      }),
      { numRuns: 3_000 },
    );
    expect(held).toBeGreaterThan(100);
  });

  test('are the same where the core cuts them out of events', () => {
    const [general] = sourceProfiles.slice(-1) as [SourceProfile];
    const profile: SourceProfile = {
      ...general,
      shapes: [
        {
          id: 'one',
          when: [{ field: 'm', present: true }],
          prefixes: [],
          aliases: Object.fromEntries([
            ...parts.map((part) => [part, [{ path: 'm', as: part }]]),
            ['whole', ['m']],
          ]),
        },
      ],
    };
    const decoder = createDecoder({ profiles: [profile], fields: () => [...parts, 'whole'] });
    let held = 0;
    fc.assert(
      fc.property(fc.array(text, { maxLength: 8 }), (messages) => {
        const records = messages.map((message, offset) =>
          aRecord(JSON.stringify({ m: message }), { offset }),
        );
        const [batch] = decoder.decode(records).batches;
        for (const [row, message] of messages.entries()) {
          for (const part of [...parts, 'whole'] as const) {
            const column = batch?.field(part);
            const code = column?.codes[row] ?? 0;
            const expected = part === 'whole' ? message : referencePart(message, part);
            if (expected !== undefined) held += 1;
            expect(code === 0 ? undefined : column?.dictionary.valueOf(code), part).toBe(expected);
          }
        }
      }),
      { numRuns: 600 },
    );
    expect(held).toBeGreaterThan(1_000);
  });

  const user = [
    'root',
    'a b',
    'x from 1.2.3.4 port 1 ssh2',
    'invalid user y',
    'u for v',
    '0 ssh2 from 9.9.9.9 port 5',
  ];
  const shapes: readonly ((user: string) => string)[] = [
    (name) => `Failed password for ${name} from 203.0.113.9 port 42 ssh2`,
    (name) => `Failed password for invalid user ${name} from 203.0.113.9 port 42 ssh2: x`,
    (name) => `Accepted publickey for ${name} from 203.0.113.9 port 42`,
    (name) => `Invalid user ${name} from 203.0.113.9 port 42`,
    (name) => `Invalid user ${name} from 203.0.113.9`,
    (name) =>
      `error: maximum authentication attempts exceeded for ${name} from 203.0.113.9 port 42 ssh2 [preauth]`,
    (name) => `Disconnected from user ${name} 203.0.113.9 port 42`,
    (name) =>
      `pam_unix(sshd:auth): authentication failure; logname= uid=0 ruser= rhost=203.0.113.9  user=${name}  `,
    (name) => `pam_unix(sshd:session): session opened for user ${name}(uid=0) by (uid=0)`,
    (name) => `${name} : command not allowed ; TTY=pts/0 ; PWD=/srv ; USER=root ; COMMAND=/bin/sh ; USER=x`,
    (name) => `(${name}) CMD (echo (${name}) )  `,
  ];
  test.each(user)('are those of the regular expressions where the user is called "%s"', (name) => {
    for (const shape of shapes) {
      const message = shape(name);
      for (const part of parts)
        expect(partOf(message, part), `${part} of ${message}`).toBe(referencePart(message, part));
    }
  });

  test.each<[AliasPart, string, string]>([
    ['sessionUser', 'Invalid user jürgen from 203.0.113.9 port 1', 'jürgen'],
    ['firstWord', '日本 x', '日本'],
    ['firstWord', `x${'ä'.repeat(40)} y`, `x${'ä'.repeat(31)}`],
    ['sudoCommand', 'bob : TTY=x ; COMMAND=/bin/echo ü\n2', '/bin/echo ü\n2'],
  ])('%s beyond ASCII', (part, message, expected) => {
    expect(partOf(message, part)).toBe(expected);
  });

  test.each([
    ['a line break', '/tmp/a\nb'],
    ['the longest path', `/${'ä'.repeat(2_047)}`],
  ])('%s in the name of a folder hides no command', (_, folder) => {
    const message = `bob : TTY=pts/0 ; PWD=${folder} ; USER=root ; COMMAND=/bin/sh`;
    expect(partOf(message, 'sudoCommand')).toBe('/bin/sh');
  });

  test.each([
    ['from', `Failed password for ${'x from y port '.repeat(5_000)}`],
    ['brackets', `(root) CMD (${') '.repeat(30_000)}x`],
    ['semicolons', `bob : ${' ; PWD='.repeat(9_000)}`],
  ])('a long message of many %s is read in time that grows with its length', (_, message) => {
    for (const part of parts) partOf(message, part);
  });
});
