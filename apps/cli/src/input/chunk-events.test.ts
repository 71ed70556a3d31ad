import { createDecoder } from '@parapet/event-model';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ChunkLimits, chunkEvents, type EventChunk } from './chunk-events.ts';
import { newlinesIn } from './split-lines.ts';

async function* cutInto(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Buffer> {
  for (let from = 0, index = 0; from < bytes.length; index++) {
    const size = sizes[index % sizes.length] ?? 1;
    yield Buffer.from(bytes.subarray(from, from + size));
    from += size;
  }
}

async function chunksOf(bytes: Buffer, limits: ChunkLimits, sizes: readonly number[] = [7]) {
  const chunks: EventChunk[] = [];
  for await (const chunk of chunkEvents(cutInto(bytes, sizes), limits)) chunks.push(chunk);
  return chunks;
}

const decoder = createDecoder({ fields: () => [], limits: { maxLines: 1e6 } });

/** Position and JSON of every event that the decoder takes from the chunks. */
function eventsOf(chunks: readonly EventChunk[]): { at: number; event: unknown }[] {
  const found: { at: number; order: number; event: unknown }[] = [];
  for (const [number, chunk] of chunks.entries()) {
    if (chunk.kind === 'refused') continue;
    const { batches } = decoder.decode([
      {
        topicId: 't',
        partition: 0,
        offset: number,
        timestamp: 0,
        value: chunk.bytes,
        headers: { 'parapet-line': '0' },
      },
    ]);
    for (const batch of batches) {
      for (let row = 0; row < batch.length; row++) {
        const raw = batch.raw(row);
        const before = newlinesIn(chunk.bytes, raw.byteOffset - chunk.bytes.byteOffset);
        found.push({
          at: chunk.first + (chunk.place === 'line' ? before : (batch.lines()[row] ?? Number.NaN)),
          order: number * 1e9 + batch.origin(row).line,
          event: JSON.parse(Buffer.from(raw).toString('utf8')),
        });
      }
    }
  }
  return found.sort((one, other) => one.order - other.order).map(({ at, event }) => ({ at, event }));
}

const roomy = { maxEventBytes: 1 << 20 };
const whole: ChunkLimits = { chunkBytes: 1 << 20, ...roomy };

const awkward = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.constantFrom('}\n{', '],[', '"', '\\', '\\"', '{"Records":[', '}, {', '\u2028é😀', '\\u005d', ']}'),
);
// Keys without a backslash: JSON.parse of Node 24.21 may read the key "\"" as the key "\\" of an object it has seen before.
const key = awkward.filter((text) => !text.includes('\\'));
const event = fc.dictionary(key, fc.oneof(awkward, fc.integer(), fc.constant(null), fc.array(awkward)), {
  maxKeys: 4,
});
const nested = fc.oneof(event, fc.record({ Event: event, list: fc.array(event, { maxLength: 3 }) }));
const events = fc.array(nested, { minLength: 1, maxLength: 12 });
const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 6 });
const space = fc.constantFrom('', ' ', '\n', '\r\n', '\n\n  ');

const forms: Readonly<Record<string, (list: readonly object[], gap: string) => string>> = {
  'lines of JSON': (list, gap) => list.map((one) => `${JSON.stringify(one)}\n${gap}`).join(''),
  'objects without line breaks': (list) => list.map((one) => JSON.stringify(one)).join(''),
  'pretty-printed objects': (list, gap) => list.map((one) => JSON.stringify(one, null, 1)).join(`\n${gap}`),
  'objects with text between them': (list) =>
    list.map((one, number) => `Record ${number}\n${JSON.stringify(one, null, 2)}\n`).join(''),
  'a JSON array': (list, gap) =>
    `${gap}[${gap}${list.map((one) => JSON.stringify(one)).join(`,${gap}`)}${gap}]${gap}`,
  'a pretty-printed array': (list) => JSON.stringify(list, null, 2),
  'an array of Records': (list, gap) => `${gap}{${gap}"Records"${gap}:${gap}${JSON.stringify(list)}${gap}}`,
  'several arrays': (list, gap) => list.map((one) => JSON.stringify([one, one])).join(gap),
};

describe.each(Object.entries(forms))('%s', (_, write) => {
  it('give the same events at the same positions wherever chunks and pieces end', async () => {
    await fc.assert(
      fc.asyncProperty(
        events,
        space,
        sizes,
        fc.integer({ min: 1, max: 200 }),
        async (list, gap, cuts, size) => {
          const bytes = Buffer.from(write(list, gap));
          const expected = eventsOf(await chunksOf(bytes, whole, [bytes.length]));
          const chunks = await chunksOf(bytes, { chunkBytes: size, ...roomy }, cuts);
          expect(chunks.filter(({ kind }) => kind === 'refused')).toEqual([]);
          expect(eventsOf(chunks)).toEqual(expected);
          const written = write === forms['several arrays'] ? list.flatMap((one) => [one, one]) : list;
          expect(expected.map((found) => found.event)).toEqual(JSON.parse(JSON.stringify(written)));
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe('positions', () => {
  it('are lines from 1, blank ones counted', async () => {
    const text = '\n{"a":1}\n\n{"a":2}{"a":3}\n{\n"a":4\n}\n';
    expect(eventsOf(await chunksOf(Buffer.from(text), { chunkBytes: 4, ...roomy }))).toEqual([
      { at: 2, event: { a: 1 } },
      { at: 4, event: { a: 2 } },
      { at: 4, event: { a: 3 } },
      { at: 5, event: { a: 4 } },
    ]);
  });

  it('run on over all arrays of a file, and over objects between them', async () => {
    const text = '[{"a":1}]\n[]{"Records":[{"a":2},{"a":3}]}\n{"a":4} [{"a":5}]';
    expect(eventsOf(await chunksOf(Buffer.from(text), { chunkBytes: 4, ...roomy }))).toEqual(
      [1, 2, 3, 4, 5].map((a, index) => ({ at: index, event: { a } })),
    );
  });
});

describe('what is wrong', () => {
  const limits = { chunkBytes: 64, maxEventBytes: 300 };

  it('in a line costs that line: those around it are whole', async () => {
    const good = (a: number) => `{"a":${a},"pad":"${'x'.repeat(40)}"}`;
    const text = [good(1), 'no json }', '{"a":"cut', good(4), '{"b":[', good(6), '}}}{{{', good(8)].join(
      '\n',
    );
    const found = eventsOf(await chunksOf(Buffer.from(text), limits));
    expect(found.map(({ at }) => at)).toEqual(
      eventsOf(await chunksOf(Buffer.from(text), whole)).map(({ at }) => at),
    );
    expect(found.map(({ at }) => at)).toEqual([1, 4, 8]);
  });

  it('with size costs the event, which is never kept as a whole', async () => {
    for (const [open, between, close] of [
      ['', '\n', ''],
      ['[', ',', ']'],
    ] as const) {
      const text = [`{"a":1}`, `{"a":"${'x'.repeat(5000)}"}`, `{"a":3}`].join(between);
      const chunks = await chunksOf(Buffer.from(`${open}${text}${close}`), limits, [50]);
      expect(chunks.every((chunk) => chunk.kind === 'refused' || chunk.bytes.length < 1000)).toBe(true);
      expect(chunks.filter(({ kind }) => kind === 'refused')).toMatchObject([
        { reason: 'too_large', first: open === '' ? 2 : 1 },
      ]);
      expect(eventsOf(chunks).map(({ event }) => event)).toEqual([{ a: 1 }, { a: 3 }]);
    }
  });

  it.each([
    '[{"a":1},{"a":',
    '[{"a":1}',
    '{"Records":[{"a":1}',
    '[{"a":1}]}',
    '[{"a":1},"x\ny"]',
    '[{"a":1}] x',
  ])('in the array %j is told once, behind the events before it', async (text) => {
    const chunks = await chunksOf(Buffer.from(text), limits);
    expect(eventsOf(chunks).map(({ event }) => event)).toEqual([{ a: 1 }]);
    expect(chunks.at(-1)).toMatchObject({
      kind: 'refused',
      reason: 'invalid_json',
      first: 1,
      place: 'index',
      isRest: true,
    });
  });

  it('with reading comes after what was read', async () => {
    const seen: EventChunk[] = [];
    const reading = async () => {
      const pieces = async function* () {
        yield Buffer.from('{"a":1}\n{"a":2}');
        throw new Error('the disk is gone');
      };
      for await (const chunk of chunkEvents(pieces(), limits)) seen.push(chunk);
    };
    await expect(reading()).rejects.toThrow('the disk is gone');
    expect(eventsOf(seen)).toHaveLength(2);
  });

  it('is told without end by any bytes: nothing is thrown and memory stays bounded', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.oneof(fc.constantFrom('{', '}', '[', ']', '"', '\\', '\n', ',', 'x', ' ', '{"a":1}'), awkward),
          {
            maxLength: 400,
          },
        ),
        sizes,
        async (parts, cuts) => {
          for (const chunk of await chunksOf(Buffer.from(parts.join('')), limits, cuts)) {
            if (chunk.kind === 'events') expect(chunk.bytes.length).toBeLessThan(64 + 600 + 300 + 80);
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});
