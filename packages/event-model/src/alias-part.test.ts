import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type AliasPart, aliasParts, partOf } from './alias-part.ts';

const sshFailed = 'Failed password for invalid user admin from 203.0.113.9 port 42424 ssh2';
const sudo = 'deploy : TTY=pts/0 ; PWD=/srv/a b ; USER=#-1 ; COMMAND=/bin/sh -c echo ; USER=x';
const bsd = '<34>Jan  5 09:40:00 web01 sshd[123]: Invalid user a from 203.0.113.9 port 1';
const iso =
  '2026-01-15T09:40:00.123456+00:00 web01.corp.example CRON[77]: (root) CMD (run-parts /etc/cron.hourly)';
const rfc5424 =
  '<165>1 2026-01-15T09:40:00.003Z web01 app 8710 ID47 [exampleSDID@32473 iut="3"] An event: text [x]';

describe('a part of a text', () => {
  test.each<[AliasPart, string, string | undefined]>([
    ['uriPath', '/a/b?c=d?e', '/a/b'],
    ['uriPath', '/a/b', '/a/b'],
    ['uriPath', '?q', undefined],
    ['uriQuery', '/a?b=c?d', 'b=c?d'],
    ['uriQuery', '/a', undefined],
    ['uriExtension', 'http://a.example/b.c/d.EXE?x=.y', 'EXE'],
    ['uriExtension', '/a.b/c', undefined],
    ['requestMethod', 'GET /a?b=c HTTP/1.1', 'GET'],
    ['requestTarget', 'GET /a?b=c HTTP/1.1', '/a?b=c'],
    ['requestTarget', 'GET /a b HTTP/1.1 HTTP/1.0', '/a b HTTP/1.1'],
    ['requestTarget', 'GET /a', '/a'],
    ['requestTarget', '\\x16\\x03\\x01', undefined],
    ['requestVersion', 'PRI * HTTP/2.0', 'HTTP/2.0'],
    ['requestVersion', 'GET /a', undefined],
    ['afterDot', 'repo.create', 'create'],
    ['afterDot', 'repo', undefined],
    ['lastDotted', 'v1.compute.firewalls.insert', 'insert'],
    ['lastDotted', 'SetIamPolicy', 'SetIamPolicy'],
    ['lastWord', 'Global permission granted', 'granted'],
    ['firstWord', sshFailed, 'Failed'],
    ['sessionUser', sshFailed, 'admin'],
    ['sessionAddress', sshFailed, '203.0.113.9'],
    ['sessionPort', sshFailed, '42424'],
    [
      'sessionUser',
      'Accepted publickey for deploy from 2001:db8::9 port 22 ssh2: ED25519 SHA256:x',
      'deploy',
    ],
    [
      'sessionAddress',
      'Accepted publickey for deploy from 2001:db8::9 port 22 ssh2: ED25519 SHA256:x',
      '2001:db8::9',
    ],
    ['sessionUser', 'Disconnected from authenticating user root 203.0.113.9 port 5 [preauth]', 'root'],
    [
      'sessionAddress',
      'Disconnected from authenticating user root 203.0.113.9 port 5 [preauth]',
      '203.0.113.9',
    ],
    ['sessionAddress', 'Connection closed by 203.0.113.9 port 5', '203.0.113.9'],
    ['sessionUser', 'Connection closed by 203.0.113.9 port 5', undefined],
    ['sessionUser', 'pam_unix(su:session): session opened for user root(uid=0) by deploy(uid=1001)', 'root'],
    ['sessionBy', 'pam_unix(su:session): session opened for user root(uid=0) by deploy(uid=1001)', 'deploy'],
    ['sessionBy', 'pam_unix(sshd:session): session opened for user root(uid=0) by (uid=0)', undefined],
    [
      'sessionUser',
      'pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=203.0.113.9  user=root',
      'root',
    ],
    [
      'sessionAddress',
      'pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=203.0.113.9  user=root',
      '203.0.113.9',
    ],
    ['pamAction', 'pam_unix(sshd:auth): authentication failure; logname= uid=0', 'authentication failure'],
    ['sudoUser', sudo, 'deploy'],
    ['sudoTty', sudo, 'pts/0'],
    ['sudoDirectory', sudo, '/srv/a b'],
    ['sudoTarget', sudo, '#-1'],
    ['sudoCommand', sudo, '/bin/sh -c echo ; USER=x'],
    ['sudoRefusal', sudo, undefined],
    [
      'sudoRefusal',
      'deploy : command not allowed ; TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/ls',
      'command not allowed',
    ],
    ['cronUser', '(root) CMD (run-parts /etc/cron.hourly)', 'root'],
    ['cronCommand', '(root) CMD (echo $(date))', 'echo $(date)'],
    ['syslogHost', bsd, 'web01'],
    ['syslogProgram', bsd, 'sshd'],
    ['syslogPid', bsd, '123'],
    ['syslogMessage', bsd, 'Invalid user a from 203.0.113.9 port 1'],
    ['syslogTime', bsd, undefined],
    ['syslogTime', iso, '2026-01-15T09:40:00.123456+00:00'],
    ['syslogProgram', iso, 'CRON'],
    ['syslogMessage', iso, '(root) CMD (run-parts /etc/cron.hourly)'],
    ['syslogTime', rfc5424, '2026-01-15T09:40:00.003Z'],
    ['syslogHost', rfc5424, 'web01'],
    ['syslogProgram', rfc5424, 'app'],
    ['syslogPid', rfc5424, '8710'],
    ['syslogMessage', rfc5424, 'An event: text [x]'],
    ['syslogProgram', 'just words: and more', undefined],
  ])('%s of %j is %j', (part, text, expected) => {
    expect(partOf(text, part)).toBe(expected);
  });

  test('the address is the one sshd wrote, whatever the user is called', () => {
    const name = 'root from 192.0.2.1 port 22 ssh2';
    const message = `Failed password for invalid user ${name} from 203.0.113.9 port 42424 ssh2`;
    expect(partOf(message, 'sessionAddress')).toBe('203.0.113.9');
    expect(partOf(message, 'sessionUser')).toBe(name);
  });

  test('several parts are taken one out of the other', () => {
    expect(partOf(bsd, ['syslogMessage', 'sessionUser'])).toBe('a');
    expect(partOf('no header', ['syslogMessage', 'sessionUser'])).toBeUndefined();
  });

  test('only texts have parts', () => {
    for (const value of [null, true, 7, 'x'.repeat(70_000)]) {
      for (const part of aliasParts) expect(partOf(value, part)).toBeUndefined();
    }
  });

  test('is some stretch of the text, or there is none', () => {
    const word = fc.constantFrom(
      'Failed password for ',
      ' from ',
      ' port ',
      'root : ',
      ' ; ',
      'TTY=',
      ' ; COMMAND=',
      'pam_unix(',
      '): ',
      '<1>1 ',
      ' user=',
      '(to ',
    );
    const text = fc.array(fc.oneof(word, fc.string()), { maxLength: 30 }).map((words) => words.join(''));
    fc.assert(
      fc.property(text, fc.constantFrom(...aliasParts), (value, part) => {
        const found = partOf(value, part);
        return found === undefined || (found !== '' && value.includes(found));
      }),
    );
  });

  test('texts made to go back and forth in are done with in a few steps for each character', () => {
    const hostile = [
      `Failed password for ${' from 1'.repeat(9_000)}`,
      `a : ${'; '.repeat(30_000)}`,
      `a : ${'TTY=x ; PWD='.repeat(5_000)}`,
      `(${'a'.repeat(60_000)}`,
      `<1>1 - - - - - [${'] '.repeat(30_000)}`,
      `pam_unix(a): authentication failure;${' rhost='.repeat(9_000)}`,
      ' '.repeat(60_000),
      '.'.repeat(60_000),
      'Connection closed by '.repeat(3_000),
    ];
    // Quadratic time would be minutes here, and the test's own limit is seconds.
    for (const text of hostile) for (const part of aliasParts) partOf(text, part);
  });
});
