import { describe, expect, it } from 'vitest';
import { coldFileName, hotFileName, toListing } from './segments.ts';

const list = (...names: string[]) => {
  const { live, superseded } = toListing('/x', names);
  const short = (file: string): string => file.slice('/x/'.length);
  return { live: live.map(({ file }) => short(file)), superseded: superseded.map(({ file }) => short(file)) };
};

describe('a partition listing', () => {
  it('is in chain order and leaves out names that are not segments', () => {
    expect(
      list('compacting.lock', hotFileName(10), 'x.ndjson', hotFileName(0), coldFileName(20, 30)).live,
    ).toEqual([hotFileName(0), hotFileName(10), coldFileName(20, 30)]);
  });

  it('ignores hot segments inside a cold range, but not the one that begins at its end', () => {
    expect(list(coldFileName(0, 20), hotFileName(0), hotFileName(10), hotFileName(20))).toEqual({
      live: [coldFileName(0, 20), hotFileName(20)],
      superseded: [hotFileName(0), hotFileName(10)],
    });
  });

  it('takes the larger of nested cold ranges', () => {
    expect(
      list(coldFileName(0, 10), coldFileName(10, 30), coldFileName(0, 30), coldFileName(30, 31)),
    ).toEqual({
      live: [coldFileName(0, 30), coldFileName(30, 31)],
      superseded: [coldFileName(0, 10), coldFileName(10, 30)],
    });
  });

  it('knows temporary files by their owner', () => {
    expect(toListing('/x', ['tmp-12-0af.ndjson', 'tmp-12-0af.parquet', 'tmp-x.ndjson']).temporary).toEqual([
      '/x/tmp-12-0af.ndjson',
      '/x/tmp-12-0af.parquet',
    ]);
  });
});
