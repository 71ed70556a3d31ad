import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createOrderedResults } from './ordered-results.ts';

/** Everything that can go on without the outside has gone on. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('results of files that are read side by side', () => {
  it('come in the order of files and of what was entered, whatever is finished first', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 1, max: 4 }),
        async (scheduler, sizes, limit) => {
          const ordered = createOrderedResults<string>(limit);
          const enter = async (file: number) => {
            for (let index = 0; index < (sizes[file] ?? 0); index++)
              await ordered.add(file, scheduler.schedule(Promise.resolve(`${file}.${index}`)));
            ordered.end(file);
          };
          const entering = Promise.all(sizes.map((_, file) => enter(file)));
          const taken: string[] = [];
          const taking = (async () => {
            for await (const { file, result } of ordered.all(sizes.length)) {
              expect(result.startsWith(`${file}.`)).toBe(true);
              taken.push(result);
            }
          })();
          await scheduler.waitFor(Promise.all([entering, taking]));
          expect(taken).toEqual(
            sizes.flatMap((size, file) => Array.from({ length: size }, (_, index) => `${file}.${index}`)),
          );
        },
      ),
    );
  });

  it('wait for room: files whose turn has not come keep a bounded number of results', async () => {
    const ordered = createOrderedResults<number>(2);
    let entered = 0;
    const later = (async () => {
      for (let index = 0; index < 10; index++) {
        await ordered.add(1, Promise.resolve(index));
        entered += 1;
      }
      ordered.end(1);
    })();
    await settled();
    expect(entered).toBe(2);
    await ordered.add(0, Promise.resolve(-1));
    await settled();
    expect(entered).toBe(2);
    ordered.end(0);
    const taken: number[] = [];
    for await (const { result } of ordered.all(2)) taken.push(result);
    await later;
    expect(taken).toEqual([-1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('hand a failure on where it stands', async () => {
    const ordered = createOrderedResults<number>(4);
    await ordered.add(0, Promise.resolve(1));
    await ordered.add(0, Promise.reject(new Error('a worker is gone')));
    ordered.end(0);
    const taken: number[] = [];
    const taking = async () => {
      for await (const { result } of ordered.all(1)) taken.push(result);
    };
    await expect(taking()).rejects.toThrow('a worker is gone');
    expect(taken).toEqual([1]);
  });
});
