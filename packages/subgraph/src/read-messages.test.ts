import { expect, test } from 'vitest';
import { z } from 'zod';
import { readMessages } from './read-messages.ts';

const schema = z.object({ name: z.string().max(10) });
const record = (value: string | Uint8Array | null, offset = 0) => ({
  value: typeof value === 'string' ? Buffer.from(value) : value,
  partition: 1,
  offset,
});

test('invalid messages are reported and left out, the others keep their order and place', () => {
  const invalid: [number, string][] = [];
  const messages = readMessages(
    schema,
    [
      record('{"name":"a"}', 1),
      record('{"name":', 2),
      record('{"name":5}', 3),
      record(null, 4),
      record('', 5),
      record(new Uint8Array([0xff, 0xfe]), 6),
      record('{"name":"b"}', 7),
    ],
    ({ offset }, problem) => invalid.push([offset, problem.split(':')[0] ?? '']),
  );
  expect(messages.map(({ value, offset }) => [value.name, offset])).toEqual([
    ['a', 1],
    ['b', 7],
  ]);
  expect(invalid).toEqual([
    [2, 'not JSON'],
    [3, 'name'],
    [6, 'not JSON'],
  ]);
});

test('what PostgreSQL cannot keep in text is replaced, wherever it stands', () => {
  const loose = z.record(z.string(), z.unknown());
  const [message] = readMessages(
    loose,
    [
      record(
        String.raw`{"a":"x\u0000y","b":["\ud800",{"c\u0000":"\udc00"}],"ok":"\ud83d\ude00","raw":"\\u0000"}`,
      ),
    ],
    () => expect.unreachable(),
  );
  expect(message?.value).toEqual({
    a: 'x\uFFFDy',
    b: ['\uFFFD', { 'c\uFFFD': '\uFFFD' }],
    ok: '😀',
    raw: String.raw`\u0000`,
  });
});
