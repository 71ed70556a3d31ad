import {
  anyByte,
  type BytePattern,
  blank,
  both,
  bytePatterns,
  digit,
  either,
  end,
  except,
  lineByte,
  literal,
  lowerLetter,
  maybe,
  nonBlank,
  oneOf,
  type PartPatterns,
  type Piece,
  part,
  partPatterns,
  run,
  upToFirst,
  upToLast,
  wordByte,
} from './byte-pattern.ts';

const port = run(digit, 5);
const portAtEnd = [literal(' port '), port, end];
const sshAtEnd = either([literal(' ssh2'), run(lineByte, 256, 0), end], [end]);
const attempt = oneOf('Accepted', 'Failed', 'Postponed');
const exceeded = [maybe(literal('error: ')), literal('maximum authentication attempts exceeded for ')];
const gone = oneOf('Connection closed by', 'Connection reset by', 'Disconnected from', 'Disconnecting');
const known = maybe(oneOf('authenticating ', 'invalid '));
const maybeInvalid = maybe(literal('invalid user '));
const pam = [literal('pam_'), run(wordByte, 32), literal('('), run(except(')'), 64), literal('): ')];
const name = run(nonBlank, 256);
const address = run(nonBlank, 64);
const untilBracket = run(both(nonBlank, except('(')), 256);
const sudo = [run(blank, 64, 0), name, literal(' : ')];
/** More than TTY and the longest path of Linux (4,096 bytes): a folder's name must not push the command out of sight. */
const sudoBefore = 16_384;
const cron = [literal('('), run(except(')'), 256), literal(') ')];
const blanksAtEnd: readonly Piece[] = [run(blank, 65_536, 0), end];

/**
 * Who, where from and what, in the messages of sshd, login, PAM, sudo and cron. The text is whatever an attacker could have logged:
 * where a user's name may hold the words that end it, the last such words count, since sshd writes the address after the name.
 */
const patterns = {
  firstWord: bytePatterns(run(blank, 16, 0), part(run(nonBlank, 64))),

  sessionUser: [
    ...bytePatterns(
      attempt,
      literal(' '),
      run(nonBlank, 64),
      literal(' for '),
      maybeInvalid,
      part(upToLast(lineByte, 256)),
      literal(' from '),
      address,
      literal(' port '),
      port,
      sshAtEnd,
    ),
    ...bytePatterns(
      literal('Invalid user '),
      part(upToLast(lineByte, 256, 0)),
      literal(' from '),
      address,
      either(portAtEnd, [end]),
    ),
    ...bytePatterns(
      exceeded,
      maybeInvalid,
      part(upToLast(lineByte, 256)),
      literal(' from '),
      address,
      literal(' port'),
    ),
    ...bytePatterns(literal('User '), part(name), literal(' from '), name, literal(' not allowed')),
    ...bytePatterns(gone, literal(' '), known, literal('user '), part(name), literal(' ')),
    ...bytePatterns(
      pam,
      oneOf('session opened', 'session closed'),
      literal(' for user '),
      part(untilBracket),
    ),
    ...bytePatterns(
      pam,
      literal('authentication failure;'),
      upToLast(lineByte, 512, 0),
      literal(' user='),
      part(name),
      blanksAtEnd,
    ),
    ...bytePatterns(oneOf('Successful su for ', 'FAILED su for '), part(name), literal(' by ')),
    ...bytePatterns(
      maybe(literal('FAILED SU ')),
      literal('(to '),
      part(upToLast(nonBlank, 256)),
      literal(') '),
    ),
    ...bytePatterns(
      oneOf('new user: name=', 'new group: name='),
      part(run(both(nonBlank, except(',')), 256)),
    ),
    ...bytePatterns(literal("delete user '"), part(run(except("'"), 256)), literal("'")),
  ],
  sessionBy: [
    ...bytePatterns(oneOf('Successful su for ', 'FAILED su for '), name, literal(' by '), part(name)),
    ...bytePatterns(
      maybe(literal('FAILED SU ')),
      literal('(to '),
      upToLast(nonBlank, 256),
      literal(') '),
      part(name),
      literal(' on '),
    ),
    ...bytePatterns(
      pam,
      literal('session opened for user '),
      run(nonBlank, 300),
      literal(' by '),
      part(untilBracket),
    ),
  ],
  sessionAddress: [
    ...bytePatterns(
      attempt,
      literal(' '),
      upToLast(lineByte, 512),
      literal(' from '),
      part(address),
      literal(' port '),
      port,
      sshAtEnd,
    ),
    ...bytePatterns(
      literal('Invalid user '),
      upToLast(lineByte, 256, 0),
      literal(' from '),
      part(address),
      either(portAtEnd, [end]),
    ),
    ...bytePatterns(
      exceeded,
      upToLast(lineByte, 300),
      literal(' from '),
      part(address),
      literal(' port '),
      port,
    ),
    ...bytePatterns(literal('User '), name, literal(' from '), part(name), literal(' not allowed')),
    ...bytePatterns(
      gone,
      literal(' '),
      maybe(known, literal('user '), name, literal(' ')),
      part(address),
      literal(' port '),
      port,
    ),
    ...bytePatterns(literal('Received disconnect from '), part(address), literal(' port')),
    ...bytePatterns(literal('Connection from '), part(address), literal(' port')),
    ...bytePatterns(literal('Did not receive identification string from '), part(address)),
    ...bytePatterns(
      pam,
      literal('authentication failure;'),
      upToLast(lineByte, 512, 0),
      literal(' rhost='),
      part(name),
    ),
  ],
  sessionPort: [
    ...bytePatterns(
      attempt,
      literal(' '),
      upToLast(lineByte, 512),
      literal(' from '),
      address,
      literal(' port '),
      part(port),
      sshAtEnd,
    ),
    ...bytePatterns(
      literal('Invalid user '),
      upToLast(lineByte, 256, 0),
      literal(' from '),
      address,
      literal(' port '),
      part(port),
      end,
    ),
    ...bytePatterns(
      gone,
      literal(' '),
      maybe(known, literal('user '), name, literal(' ')),
      address,
      literal(' port '),
      part(port),
    ),
  ],
  /** What PAM says happened: `session opened`, `session closed`, `authentication failure`. */
  pamAction: bytePatterns(pam, part(run(lowerLetter, 32), literal(' '), run(lowerLetter, 32))),

  // `bob : TTY=pts/0 ; PWD=/home/bob ; USER=root ; COMMAND=/bin/ls`
  sudoUser: bytePatterns(
    run(blank, 64, 0),
    part(name),
    literal(' : '),
    maybe(run(except(';'), 256, 0), literal('; ')),
    literal('TTY='),
  ),
  sudoTty: bytePatterns(
    sudo,
    maybe(run(except(';'), 256, 0), literal('; ')),
    literal('TTY='),
    part(name),
    literal(' ; '),
  ),
  sudoDirectory: bytePatterns(
    sudo,
    upToFirst(lineByte, 512, 0),
    literal(' ; PWD='),
    part(upToFirst(lineByte, 4096)),
    literal(' ; USER='),
  ),
  sudoTarget: bytePatterns(
    sudo,
    upToFirst(lineByte, sudoBefore, 0),
    literal(' ; USER='),
    part(name),
    literal(' ; '),
  ),
  sudoCommand: bytePatterns(
    sudo,
    upToFirst(anyByte, sudoBefore, 0),
    literal(' ; COMMAND='),
    part(run(anyByte, 65_536, 0)),
  ),
  /** `command not allowed`, `3 incorrect password attempts`: what stands before TTY where sudo refused. */
  sudoRefusal: bytePatterns(sudo, part(upToLast(except(';='), 256)), literal(' ; TTY=')),

  // `(root) CMD (run-parts /etc/cron.hourly)`
  cronUser: bytePatterns(
    literal('('),
    part(run(except(')'), 256)),
    literal(') '),
    oneOf('CMD', 'RELOAD', 'LIST', 'REPLACE', 'BEGIN EDIT', 'END EDIT', 'DELETE'),
    literal(' ('),
  ),
  cronCommand: bytePatterns(
    cron,
    literal('CMD ('),
    part(upToLast(anyByte, 65_536, 0)),
    literal(')'),
    blanksAtEnd,
  ),
} as const satisfies Readonly<Record<string, readonly BytePattern[]>>;

const [sudoPrefix] = bytePatterns(sudo);
const isSudo = (part: string): boolean => part.startsWith('sudo');

export type MessagePart = keyof typeof patterns;

export const messageParts = Object.fromEntries(
  Object.entries(patterns).map(([name, some]) => [
    name,
    partPatterns(some, isSudo(name) ? sudoPrefix : undefined),
  ]),
) as unknown as Readonly<Record<MessagePart, PartPatterns>>;
