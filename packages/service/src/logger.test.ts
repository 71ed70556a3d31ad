import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { createLogger, writeLogLine } from './logger.ts';
import { Secret } from './secret.ts';

function memory() {
  const lines: string[] = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });
  return { lines, stream };
}

describe('createLogger', () => {
  it('writes one JSON object a line, with service, level by name, and time', () => {
    const { lines, stream } = memory();
    createLogger({ service: 'probe', stream }).child({ topic: 'a' }).info({ n: 1 }, 'hello');
    expect(lines).toHaveLength(1);
    expect(JSON.parse(String(lines[0]))).toMatchObject({
      service: 'probe',
      level: 'info',
      topic: 'a',
      n: 1,
      msg: 'hello',
    });
    expect(JSON.parse(String(lines[0])).time).toMatch(/^\d{4}-\d\d-\d\dT/);
  });

  it('prints no secret by the usual names, at any of three depths', () => {
    const { lines, stream } = memory();
    const log = createLogger({ service: 'probe', stream });
    log.info(
      {
        password: 'hunter2',
        request: {
          headers: { authorization: 'hunter2', 'set-cookie': 'hunter2', 'x-parapet-identity': 'hunter2' },
        },
      },
      'm',
    );
    log.info(
      {
        config: { DATABASE_URL: 'hunter2', token: 'hunter2', key: new Secret('hunter2') },
        apiKey: 'hunter2',
      },
      'm',
    );
    log.child({ secret: 'hunter2' }).warn({ cookie: 'hunter2' }, 'm');
    expect(lines.join('')).not.toContain('hunter2');
    expect(lines.join('').match(/\[redacted\]/g)).toHaveLength(10);
  });

  it('leaves out what is below its level', () => {
    const { lines, stream } = memory();
    createLogger({ service: 'probe', level: 'warn', stream }).info('nothing');
    expect(lines).toEqual([]);
  });

  it('writes errors with their causes', () => {
    const { lines, stream } = memory();
    createLogger({ service: 'probe', stream }).error(
      { err: new Error('outer', { cause: new Error('inner') }) },
      'failed',
    );
    expect(JSON.parse(String(lines[0])).err).toMatchObject({ message: 'outer', cause: { message: 'inner' } });
  });

  it('writes for people on demand', () => {
    const { lines, stream } = memory();
    const log = createLogger({ service: 'probe', format: 'pretty', stream });
    log.warn({ topic: 'a.b', what: 'two words', err: new Error('broken') }, 'hello');
    expect(lines[0]).toMatch(
      /^\d\d:\d\d:\d\d\.\d{3} WARN {2}probe: hello topic=a\.b what="two words"\n {2}Error: broken\n/,
    );
    log.info('plain');
    expect(lines[1]).toMatch(/ INFO {2}probe: plain\n$/);
    log.info({ err: 'just text' }, 'odd');
    expect(lines[2]).toMatch(/odd\n$/);
  });
});

describe('writeLogLine', () => {
  it.each(['json', 'pretty'] as const)(
    'writes the line of another logger in its own format: %s',
    (format) => {
      const own = memory();
      const log = createLogger({ service: 'probe', format, stream: own.stream });
      const other = memory();
      createLogger({ service: 'probe', stream: other.stream }).child({ worker: 2 }).warn('from elsewhere');
      writeLogLine(log.child({ part: 'any' }), String(other.lines[0]));
      expect(own.lines).toHaveLength(1);
      if (format === 'json')
        expect(JSON.parse(String(own.lines[0]))).toMatchObject({ worker: 2, msg: 'from elsewhere' });
      else expect(own.lines[0]).toMatch(/^[\d:.]+ WARN {2}probe: from elsewhere worker=2\n$/);
    },
  );
});
