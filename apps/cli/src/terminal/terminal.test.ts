import { describe, expect, it } from 'vitest';
import { anAlert } from '../testing/an-alert.ts';
import { formatAlert } from './alert-line.ts';
import { formatCount, formatDuration } from './duration.ts';
import { createStyle, wantsColour } from './style.ts';
import { createTerminal, printable } from './terminal.ts';

function terminal(tty: boolean, now = () => 0) {
  const written: string[] = [];
  const stream = {
    isTTY: tty,
    write: (text: string | Uint8Array) => {
      written.push(String(text));
      return true;
    },
  };
  return { written, terminal: createTerminal({ out: stream, err: stream, env: { TERM: 'xterm' }, now }) };
}

describe('terminal', () => {
  it('replaces a progress line on a terminal', () => {
    const { written, terminal: to } = terminal(true);
    to.progress('10 sent');
    to.progress('20 sent');
    to.print('done');
    expect(written.join('')).toBe('10 sent\r\u001b[2K20 sent\r\u001b[2Kdone\n');
  });

  it('prints progress now and then where there is no terminal, and no control characters', () => {
    let now = 0;
    const { written, terminal: to } = terminal(false, () => now);
    to.progress('10 sent');
    now = 1000;
    to.progress('20 sent');
    now = 6000;
    to.progress('30 sent');
    to.progress('40 sent', true);
    to.note('note');
    expect(written).toEqual(['10 sent\n', '30 sent\n', '40 sent\n', 'note\n']);
    expect(to.style.red('x')).toBe('x');
  });

  it('lets nothing through that could move the cursor or name a window, whatever a file is called', () => {
    const { written, terminal: to } = terminal(true);
    const style = createStyle(true);
    to.note(`${style.red('gone:')} a\u001b[2Jb\u001b]0;title\u0007c\u009b1Ad\u001b[8me`);
    to.print(`${style.severity('critical', 'x')}\ty\u001b[1A`);
    to.progress('\r\u001b[2Kz');
    expect(written).toEqual([
      '\u001b[31mgone:\u001b[0m a?[2Jb?]0;title?c?1Ad?[8me\n',
      '\u001b[1;97;41mx\u001b[0m\ty?[1A\n',
      '??[2Kz',
    ]);
    // JSON leaves these as they are, and a result is not changed.
    to.print('{"a":"\u007f\u0085"}');
    expect(written.at(-1)).toBe('{"a":"\u007f\u0085"}\n');
  });

  it('makes text from events safe to print', () => {
    expect(printable('a\u001b[31mb\u0007c\u202ed\ne')).toBe('ab?c?d?e');
    expect(printable('x'.repeat(10), 5)).toBe('xxxx…');
  });
});

describe('colours', () => {
  it('are for terminals, unless the user says otherwise', () => {
    expect(wantsColour({ isTTY: true }, { TERM: 'xterm' })).toBe(true);
    expect(wantsColour({ isTTY: false }, { TERM: 'xterm' })).toBe(false);
    expect(wantsColour({ isTTY: true }, { TERM: 'xterm', NO_COLOR: '1' })).toBe(false);
    expect(wantsColour({ isTTY: true }, { TERM: 'dumb' })).toBe(false);
    expect(wantsColour({}, { FORCE_COLOR: '1' })).toBe(true);
    expect(wantsColour({ isTTY: true }, { FORCE_COLOR: '0' })).toBe(false);
  });

  it('differ by severity', () => {
    const style = createStyle(true);
    expect(style.severity('critical', 'x')).not.toBe(style.severity('low', 'x'));
    expect(style.severity('critical', 'x')).toMatch(/x.*0m$/);
  });
});

describe('an alert on one line', () => {
  const style = createStyle(false);

  it('says severity, rule, asset, user, techniques and latency', () => {
    const line = formatAlert(anAlert({ asset: { id: 'a', name: 'web01.corp.example' } }), style, 312);
    expect(line.split(/\s{2,}/)).toEqual([
      'HIGH',
      'A shell was started',
      'web01.corp.example',
      'www-data',
      'T1059',
      '312 ms',
    ]);
  });

  it('names the best that is known of what it is about', () => {
    const entities = { ...anAlert().entities, host: null, user: null };
    expect(formatAlert(anAlert({ entities: { ...entities, account: '2109' } }), style)).toContain(' 2109 ');
    expect(formatAlert(anAlert({ entities: { ...entities, sourceAddress: '10.0.0.1' } }), style)).toContain(
      '10.0.0.1',
    );
    expect(formatAlert(anAlert({ entities }), style)).toMatch(/- +- +T1059$/);
  });
});

describe('figures', () => {
  it('are written for people', () => {
    expect([1, 999, 1000, 59_940, 61_000].map(formatDuration)).toEqual([
      '1 ms',
      '999 ms',
      '1.0 s',
      '59.9 s',
      '1 min 1 s',
    ]);
    expect(formatCount(312_758)).toBe('312,758');
  });
});
