import { expect, test } from 'vitest';
import { applyMessages } from './apply-messages.ts';

const dataError = () =>
  Object.assign(new Error('raw query failed'), {
    code: 'P2010',
    meta: { driverAdapterError: { cause: { originalCode: '22P05' } } },
  });

test('a message that PostgreSQL refuses costs itself alone, and the order is kept', async () => {
  const applied: number[] = [];
  const refused: number[] = [];
  await applyMessages(
    [1, 2, 3, 4, 5, 6, 7],
    async (some) => {
      if (some.includes(3) || some.includes(7)) throw dataError();
      applied.push(...some);
    },
    (message) => refused.push(message),
  );
  expect(applied).toEqual([1, 2, 4, 5, 6]);
  expect(refused).toEqual([3, 7]);
});

test('any other error is passed on, and nothing is left out', async () => {
  const away = Object.assign(new Error('gone'), { code: '57P01' });
  const missingTable = Object.assign(new Error('no table'), { code: '42P01' });
  for (const error of [away, missingTable, 'text']) {
    await expect(
      applyMessages(
        [1, 2],
        () => Promise.reject(error),
        () => expect.unreachable(),
      ),
    ).rejects.toBe(error);
  }
});

test('nothing to apply is nothing applied', async () => {
  await applyMessages(
    [],
    () => expect.unreachable(),
    () => expect.unreachable(),
  );
});
