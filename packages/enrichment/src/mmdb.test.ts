import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseAddress } from './address.ts';
import { openMmdb } from './mmdb.ts';
import { MmdbError } from './mmdb-error.ts';

const text = (value: string): number[] => [0x40 | value.length, ...Buffer.from(value)];
const number = (value: number): number[] => [
  0xc4,
  value >>> 24,
  (value >>> 16) & 255,
  (value >>> 8) & 255,
  value & 255,
];
const map = (...pairs: readonly (readonly [string, number[]])[]): number[] => [
  0xe0 | pairs.length,
  ...pairs.flatMap(([key, value]) => [...text(key), ...value]),
];
const pointer = (offset: number): number[] => [0x20 | (offset >>> 8), offset & 255];

/** A database for IPv4 of one node: addresses below 128.0.0.0 have the record at the start of `data`, the others none. */
function databaseOf(data: readonly number[], { nodes = 1, recordBits = 24, format = 2 } = {}): Uint8Array {
  const tree = [0, 0, 1 + 16, 0, 0, 1];
  const metadata = map(
    ['node_count', number(nodes)],
    ['record_size', number(recordBits)],
    ['ip_version', number(4)],
    ['binary_format_major_version', number(format)],
    ['database_type', text('Test')],
    ['build_epoch', number(1_700_000_000)],
  );
  return Uint8Array.from([
    ...tree,
    ...Array(16).fill(0),
    ...data,
    0xab,
    0xcd,
    0xef,
    ...Buffer.from('MaxMind.com'),
    ...metadata,
  ]);
}

const low = parseAddress('10.0.0.1') ?? [0];
const high = parseAddress('200.0.0.1') ?? [0];
const ask = (bytes: Uint8Array): unknown => {
  const mmdb = openMmdb(bytes);
  const record = mmdb.find(low);
  return record && mmdb.read(record);
};

test('an address has the record of its network, and pointers are followed', () => {
  const data = map(['a', text('one')], ['b', pointer(3)]);
  const bytes = databaseOf(data);
  expect(ask(bytes)).toEqual({ a: 'one', b: 'one' });
  const mmdb = openMmdb(bytes);
  expect(mmdb.find(high)).toBeUndefined();
  expect(mmdb.find(parseAddress('2001:db8::1') ?? [0])).toBeUndefined();
  expect(mmdb).toMatchObject({ type: 'Test', builtAt: 1_700_000_000_000, nodes: 1 });
});

test.each([
  ['a record that holds itself', map(['a', pointer(0)]), /more than 64 levels/],
  [
    'a list of lists that hold each other many times',
    [...map(...['a', 'b', 'c', 'd'].map((key) => [key, pointer(0)] as const))],
    /more than 64 levels/,
  ],
  ['a wide tree of pointers', wide(), /more than 10000 values/],
  ['a pointer to a pointer', [...pointer(2), ...pointer(0)], /a pointer points to a pointer/],
  ['a pointer outside the data', pointer(1_000), /outside its data/],
  ['a text longer than the data', [0x5d, 200], /outside its data/],
  ['a map longer than the data', [0xff, 0xff, 0xff, 0xff], /outside its data/],
  ['a key that is no text', [0xe1, ...number(1), ...number(2)], /no text/],
  ['an unknown type', [0x00, 0x30], /unknown type/],
])('%s is refused', (_, data, message) => {
  expect(() => ask(databaseOf(data))).toThrow(MmdbError);
  expect(() => ask(databaseOf(data))).toThrow(message);
});

test.each([
  ['no database', Uint8Array.from(Buffer.from('hello')), /no MaxMind DB file/],
  ['an empty file', new Uint8Array(0), /no MaxMind DB file/],
  ['more nodes than bytes', databaseOf(text('x'), { nodes: 0xffff_ffff }), /cut off or broken/],
  ['records of a strange size', databaseOf(text('x'), { recordBits: 17 }), /records of 17 bits/],
  ['another format', databaseOf(text('x'), { format: 3 }), /format version 3/],
])('%s is refused at once', (_, bytes, message) => {
  expect(() => openMmdb(bytes)).toThrow(message);
});

test('any data gives a value or an error that says so', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (data) => {
      try {
        ask(databaseOf([...data]));
      } catch (problem) {
        expect(problem).toBeInstanceOf(MmdbError);
      }
    }),
    { numRuns: 2_000 },
  );
});

test('a key like __proto__ is a key like any other', () => {
  const value = ask(databaseOf(map(['__proto__', text('x')])));
  expect(Object.entries(value ?? {})).toEqual([['__proto__', 'x']]);
  expect(({} as Record<string, unknown>)['x']).toBeUndefined();
});

/** Ten levels of four pointers each to the next: four to the tenth values from a hundred bytes. */
function wide(): number[] {
  const levels = 10;
  const size = 1 + 4 * 2;
  const data: number[] = [];
  for (let level = 0; level < levels; level += 1)
    data.push(0x04, 0x04, ...Array.from({ length: 4 }, () => pointer((level + 1) * (size + 1))).flat());
  return [...data, ...text('leaf')];
}
