import { describe, expect, it } from 'vitest';
import { createLogReader, type LogProblem } from './log-reader.ts';

function read(...chunks: string[]) {
  const problems: LogProblem[] = [];
  const reader = createLogReader((problem) => problems.push(problem));
  for (const chunk of chunks) reader.push(Buffer.from(chunk));
  return { problems, lastWords: reader.lastWords() };
}

describe('log reader', () => {
  it('finds errors in lines that arrive in pieces', () => {
    expect(
      read('{"level":"info","msg":"a"}\n{"level":"er', 'ror","msg":"broken","err":{"message":"why"}}\n'),
    ).toEqual({
      problems: [{ level: 'error', message: 'broken: why' }],
      lastWords: 'broken: why',
    });
  });

  it('takes what was fatal and plain lines as last words, and keeps eight of those', () => {
    const lines = Array.from({ length: 10 }, (_, number) => `line ${number}\n`);
    expect(read('{"level":"error","msg":"late"}\n{"level":"fatal","msg":"dead"}\n', ...lines).lastWords).toBe(
      'dead\nline 2\nline 3\nline 4\nline 5\nline 6\nline 7\nline 8\nline 9',
    );
  });

  it('hands on what is marked for people, which is no reason to die', () => {
    const lines = [
      '{"level":"info","notice":true,"msg":"Rules changed"}\n',
      '{"level":"warn","rule":{"notice":true},"msg":"not marked"}\n',
    ];
    expect(read(...lines)).toEqual({
      problems: [{ level: 'info', message: 'Rules changed' }],
      lastWords: undefined,
    });
  });

  it('takes a damaged line for nothing', () => {
    expect(read('{"level":"error", broken\n\n')).toEqual({ problems: [], lastWords: undefined });
  });
});
