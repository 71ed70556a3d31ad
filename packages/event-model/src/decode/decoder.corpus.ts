import { existsSync, globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { Scalar } from '../field-value.ts';
import { sourceProfiles } from '../profiles/source-profiles.ts';
import { aRecord } from '../testing/a-record.ts';
import { differences } from '../testing/compare-batch.ts';
import { parseReference, referenceEvent } from '../testing/reference-event.ts';
import { createDecoder } from './create-decoder.ts';

/**
 * Every event of the corpus, with every field that its rules name, is what `JSON.parse` and a plain walk make of it.
 * All events are decoded; of the Windows captures every 100th is compared, with PARAPET_CORPUS_SAMPLE=N every Nth (1 takes ten minutes).
 */
const corpus = resolve(
  import.meta.dirname,
  '../../../..',
  process.env['PARAPET_CORPUS'] || '../shared/corpus',
);
const sample = Math.max(1, Number(process.env['PARAPET_CORPUS_SAMPLE'] || 100));
const hasCorpus = existsSync(join(corpus, 'INDEX.md'));
const linesPerRecord = 500;

if (!hasCorpus) console.warn(`Skipped: there is no corpus at ${corpus}; set PARAPET_CORPUS to its folder.`);

const files = (pattern: string): readonly string[] => globSync(pattern, { cwd: corpus }).sort();
const read = (file: string): Buffer => {
  const bytes = readFileSync(join(corpus, file));
  return file.endsWith('.gz') ? gunzipSync(bytes) : bytes;
};

/** Whatever stands as a key in the rules: all fields, and some words more. */
function namesInRules(): readonly string[] {
  const names = new Set<string>();
  for (const file of files('sigma/rules*/**/*.yml')) {
    for (const [, name] of read(file)
      .toString()
      .matchAll(/^\s+(?:- )?([\w.#@-]+)(?:\|[\w|]+)?:/gm))
      names.add(name ?? '');
  }
  return [...names];
}

describe.skipIf(!hasCorpus)('the corpus', () => {
  const names = hasCorpus ? namesInRules() : [];
  const decoder = createDecoder({ fields: () => names });
  let compared = 0;

  /** Decodes a record and compares every `step`th event with the text it was made of. Returns how many events there were. */
  const compare = (value: Uint8Array, texts: readonly (string | undefined)[], step = 1): number => {
    const { batches, rejected } = decoder.decode([aRecord(value)]);
    expect(rejected).toEqual([]);
    let events = 0;
    for (const batch of batches) {
      events += batch.length;
      const there = names.filter((name) => batch.field(name) !== undefined);
      for (let row = 0; row < batch.length; row += step) {
        const text = texts[batch.origin(row).line] ?? '';
        const event = parseReference(text) as object;
        // That a field is in no event of the batch is not asked of every one.
        const fields = compared % 20 === 0 ? names : there;
        compared += 1;
        const found = differences(batch, row, referenceEvent(event, sourceProfiles), fields);
        if (found.length > 0) throw new Error(`${text.slice(0, 500)}\n${found.join('\n')}`);
        if (row % 50 === 0) expect([...batch.values(row)]).toEqual(scalarsIn(event));
      }
    }
    expect(events).toBe(texts.length);
    return events;
  };

  test('has rules with many fields', () => {
    expect(names.length).toBeGreaterThan(400);
    for (const name of ['CommandLine', 'eventName', 'c-uri', 'id.orig_h']) expect(names).toContain(name);
  });

  const captures = hasCorpus ? files('windows-otrf/captures/*.gz') : [];
  test.each(captures)('%s', { timeout: 300_000 }, (file) => {
    const bytes = read(file);
    let events = 0;
    for (let start = 0; start < bytes.length; ) {
      const ends: number[] = [];
      for (let at = start; ends.length < linesPerRecord && at < bytes.length; ) {
        const end = bytes.indexOf(0x0a, at);
        ends.push(end === -1 ? bytes.length : end);
        at = (ends.at(-1) ?? at) + 1;
      }
      const texts = ends
        .map((end, index) => bytes.toString('utf8', index === 0 ? start : (ends[index - 1] ?? 0) + 1, end))
        .filter((text) => text !== '');
      const end = ends.at(-1) ?? bytes.length;
      events += compare(bytes.subarray(start, end), texts, sample);
      start = end + 1;
    }
    expect(events).toBeGreaterThan(0);
  });

  test('CloudTrail: arrays of events', () => {
    const arrays = files('cloudtrail-stratus/aws.*.json');
    expect(arrays.length).toBe(35);
    let events = 0;
    for (const file of arrays) {
      const list = JSON.parse(read(file).toString()) as readonly unknown[];
      const texts = list.map((event) => JSON.stringify(event));
      events += compare(read(file), texts);
      compare(Buffer.from(JSON.stringify({ Records: list })), texts);
      compare(Buffer.from(texts.join('\n')), texts);
    }
    expect(events).toBe(310);
  });

  test("the rule authors' own samples, as they are and on one line", () => {
    const samples = files('sigma/regression/**/*.json');
    expect(samples.length).toBeGreaterThan(60);
    for (const file of samples) {
      const value = read(file);
      const texts = value
        .toString()
        .split(/(?<=^\})\s*(?=^\{)/mu)
        .flatMap((part) => JSON.parse(part) as unknown)
        .map((event) => JSON.stringify(event));
      compare(value, texts);
      compare(Buffer.from(texts.join('\n')), texts);
    }
  });

  test('events of a hundred log types', () => {
    const lines = read('panther/tests.ndjson.gz')
      .toString()
      .split('\n')
      .filter((line) => line !== '');
    const texts = lines.map((line) =>
      JSON.stringify((JSON.parse(line) as { readonly event: unknown }).event),
    );
    expect(texts.length).toBe(1_503);
    compare(Buffer.from(texts.join('\n')), texts);
    compare(Buffer.from(`[${texts.join(',')}]`), texts);
    for (const text of texts) compare(Buffer.from(JSON.stringify(JSON.parse(text), null, 2)), [text]);
  });
});

function scalarsIn(value: unknown): readonly Scalar[] {
  if (typeof value !== 'object' || value === null) return [value as Scalar];
  return Object.values(value).flatMap(scalarsIn);
}
