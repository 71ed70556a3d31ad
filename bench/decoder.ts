/**
 * How fast do bytes become batches, against `JSON.parse` and a walk over what it made? All fields that SigmaHQ's rules read and those
 * of the profiles, over two inputs: a mix of flows and logons, and Windows captures of the corpus (PARAPET_CORPUS, default
 * ../shared/corpus; without it nothing is measured). Both ways find the source, kind, time and fields of each event. The walk leaves
 * its values as they are; with codes and columns, as a batch has them, it is measured too. `JSON.parse` alone is measured beside it: no
 * walk can be faster.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import {
  createDecoder,
  type EventBatch,
  type FieldTest,
  parseEventTime,
  type RawRecord,
  type SourceProfile,
  sourceProfiles,
} from '@parapet/event-model';
import { compileRules, parseRules } from '@parapet/sigma';
import { flowMix } from './support/flow-mix.ts';
import { median, report } from './support/report.ts';

const { PARAPET_CORPUS: corpus = path.join(import.meta.dirname, '../../shared/corpus') } = process.env;
const rounds = 3;
const batchSize = 2_000;
const flowEvents = 100_000;
const captures = [
  'cmd_dumping_ntds_dit_file_volume_shadow_copy',
  'empire_shell_rubeus_asktgt_createnetonly_2020-09-21230246',
  'psh_metasploit_stop_netprofm_eventlog_after_reboot',
];
const must = 3;
const turns = 4;
/** Distinct values of a field that the walk remembers. */
const maxKnown = 100_000;

type Input = 'flows' | 'captures';

interface Round {
  readonly input: Input;
  readonly events: number;
  readonly bytes: number;
  readonly rules: number;
  /** Events a second of CPU time: bytes to fields, to fields and all attributes, and by `JSON.parse` and a walk to values, to codes of them; by `JSON.parse` alone. */
  readonly fields: number;
  readonly attributes: number;
  readonly walk: number;
  readonly batch: number;
  readonly parse: number;
  /** Values found by both ways. */
  readonly values: number;
}

function recordsOf(input: Input): readonly RawRecord[] {
  const values =
    input === 'flows' ? flowMix({ seed: 1, events: flowEvents, start: 1.76e12 }) : captures.flatMap(linesOf);
  return values.map((value, offset) => ({
    topicId: 'bench',
    partition: 0,
    offset,
    timestamp: 1.76e12,
    value,
    headers: {},
  }));
}

function linesOf(name: string): readonly Uint8Array[] {
  const bytes = gunzipSync(readFileSync(path.join(corpus, 'windows-otrf/captures', `${name}.ndjson.gz`)));
  const lines: Uint8Array[] = [];
  for (let start = 0; start < bytes.length; ) {
    const found = bytes.indexOf(0x0a, start);
    const end = found === -1 ? bytes.length : found;
    if (end > start) lines.push(new Uint8Array(bytes.buffer, bytes.byteOffset + start, end - start));
    start = end + 1;
  }
  return lines;
}

/** A path as keys: as it stands, and in segments, since a key may have dots. */
type Paths = readonly (readonly string[])[];

/** What a careful author of the plain way would prepare of a profile. */
interface Walk {
  readonly profile: SourceProfile;
  readonly when: readonly (readonly Test[])[];
  readonly fields: ReadonlyMap<string, readonly Paths[]>;
  readonly kinds: readonly (readonly Test[])[];
}

interface Test {
  readonly field: string;
  readonly paths: Paths;
  readonly holds: (value: unknown) => boolean;
}

const pathsOf = (path: string): Paths => (path.includes('.') ? [[path], path.split('.')] : [[path]]);

function testOf({ field, is, prefix, present }: FieldTest): Test {
  const texts = new Set(is?.map((one) => String(one).toLowerCase()));
  const prefixes = (prefix ?? []).map((one) => one.toLowerCase());
  const one = (value: unknown): boolean => {
    if (value === undefined || value === null) return false;
    if (is === undefined && prefix === undefined) return true;
    const text = String(value).toLowerCase();
    return texts.has(text) || prefixes.some((start) => text.startsWith(start));
  };
  const paths = pathsOf(field);
  if (present === false) return { field, paths, holds: (value) => value === undefined || value === null };
  return { field, paths, holds: (value) => (Array.isArray(value) ? value.some(one) : one(value)) };
}

function walkOf(profile: SourceProfile, fields: readonly string[]): Walk {
  const named = (source: unknown): readonly string[] => {
    if (typeof source === 'string') return [source];
    if (Array.isArray(source)) return source.flatMap(named);
    const { field, joined } = source as { readonly field?: string; readonly joined?: readonly string[] };
    return joined ?? (field === undefined ? [] : [field]);
  };
  const all = new Set([
    ...fields,
    ...profile.kinds.flatMap((kind) => kind.when.map(({ field }) => field)),
    ...[profile.attributes, ...profile.kinds.map((kind) => kind.attributes ?? {})].flatMap((map) =>
      Object.values(map).flatMap(named),
    ),
    ...profile.time.map(({ field }) => field),
  ]);
  const places = (field: string): readonly Paths[] =>
    profile.shapes.map((shape) => {
      const aliases = Object.hasOwn(shape.aliases ?? {}, field) ? (shape.aliases?.[field] ?? []) : [];
      return [
        ...aliases.map((alias) => (typeof alias === 'string' ? alias : alias.path)),
        ...shape.prefixes.map((prefix) => prefix + field),
      ].flatMap(pathsOf);
    });
  return {
    profile,
    when: profile.shapes.map((shape) => shape.when.map(testOf)),
    fields: new Map(Array.from(all, (field) => [field, places(field)])),
    kinds: profile.kinds.map((kind) => kind.when.map(testOf)),
  };
}

function valueAt(event: unknown, paths: Paths): unknown {
  for (const keys of paths) {
    let value: unknown = event;
    for (const key of keys) {
      if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) value = undefined;
      else value = (value as Record<string, unknown>)[key];
      if (value === undefined) break;
    }
    if (value !== undefined) return value;
  }
  return undefined;
}

interface Walked {
  readonly source: string;
  readonly kind: number;
  readonly time: unknown;
  readonly values: ReadonlyMap<string, unknown>;
}

function walk(event: unknown, walks: readonly Walk[]): Walked {
  for (const { profile, when, fields, kinds } of walks) {
    const shape = when.findIndex((tests) => tests.every((test) => test.holds(valueAt(event, test.paths))));
    if (shape === -1) continue;
    const values = new Map<string, unknown>();
    for (const [field, places] of fields) {
      const value = valueAt(event, places[shape] ?? []);
      if (value !== undefined) values.set(field, value);
    }
    let time: unknown;
    for (const { field, format } of profile.time) {
      const value = values.get(field);
      time ??= value === undefined ? undefined : parseEventTime(value as string, format);
    }
    const kind = kinds.findIndex((tests) => tests.every((test) => test.holds(values.get(test.field))));
    return { source: profile.id, kind, time, values };
  }
  throw new Error('an event is of no source');
}

/** The walk's values as a batch has them: a code for each distinct value of a field, in columns. */
function createCodes(): (walked: Walked, row: number) => void {
  const columns = new Map<string, { readonly known: Map<unknown, number>; readonly codes: Uint32Array }>();
  return ({ source, values }, row) => {
    for (const [field, value] of values) {
      const key = `${source} ${field}`;
      let column = columns.get(key);
      if (column === undefined) {
        column = { known: new Map(), codes: new Uint32Array(batchSize) };
        columns.set(key, column);
      }
      const { known, codes } = column;
      const distinct = typeof value === 'object' && value !== null ? JSON.stringify(value) : value;
      let code = known.get(distinct);
      if (code === undefined) {
        if (known.size === maxKnown) known.clear();
        code = known.size + 1;
        known.set(distinct, code);
      }
      codes[row] = code;
    }
  };
}

function cpuSeconds(work: () => void): number {
  const start = process.cpuUsage();
  work();
  return process.cpuUsage(start).user / 1e6;
}

/** One round, in a process of its own: the ways in turn, so that other load meets them alike. */
function measure(input: Input): Round {
  const rules = globSync('sigma/rules*/**/*.yml', { cwd: corpus }).flatMap(
    (file) => parseRules(readFileSync(path.join(corpus, file), 'utf8')).rules,
  );
  const set = compileRules(rules);
  const records = recordsOf(input);
  const decoder = createDecoder({ fields: (logSources) => set.forLogSources(logSources).fields });
  const fieldsOf = new Map(
    sourceProfiles.map((profile) => [
      profile.id,
      [...new Set(profile.kinds.flatMap((kind) => [...set.forLogSources(kind.logSources).fields]))],
    ]),
  );
  const walks = sourceProfiles.map((profile) => walkOf(profile, fieldsOf.get(profile.id) ?? []));
  const slices = Array.from({ length: Math.ceil(records.length / batchSize) }, (_, index) =>
    records.slice(index * batchSize, (index + 1) * batchSize),
  );
  const decodeAll = (onBatch: (batch: EventBatch) => void): void => {
    for (const slice of slices) {
      const { batches, rejected } = decoder.decode(slice);
      if (rejected.length > 0) throw new Error(`${rejected.length} events were refused`);
      for (const batch of batches) onBatch(batch);
    }
  };

  const text = new TextDecoder();
  const parsed = ({ value }: RawRecord): unknown => JSON.parse(text.decode(value ?? new Uint8Array()));
  const parseAll = (): void => {
    for (const record of records) parsed(record);
  };
  const walkAll = (): void => {
    for (const record of records) walk(parsed(record), walks);
  };
  const addCodes = createCodes();
  const batchAll = (): void => {
    for (const record of records) addCodes(walk(parsed(record), walks), record.offset % batchSize);
  };
  const values = check(decodeAll, fieldsOf, (offset) => walk(parsed(records[offset] as RawRecord), walks));

  const seconds = { fields: 0, attributes: 0, walk: 0, batch: 0, parse: 0 };
  for (let turn = 0; turn < turns + 1; turn += 1) {
    const took = {
      fields: cpuSeconds(() => decodeAll(() => {})),
      walk: cpuSeconds(walkAll),
      batch: cpuSeconds(batchAll),
      attributes: cpuSeconds(() => decodeAll((batch) => batch.attributePaths())),
      parse: cpuSeconds(parseAll),
    };
    // The first turn is for the compiler.
    if (turn === 0) continue;
    for (const key of ['fields', 'walk', 'batch', 'attributes', 'parse'] as const) seconds[key] += took[key];
  }
  const rate = (total: number): number => (records.length * turns) / total;
  return {
    input,
    events: records.length,
    bytes: records.reduce((sum, { value }) => sum + (value?.length ?? 0), 0),
    rules: set.rules.length,
    fields: rate(seconds.fields),
    attributes: rate(seconds.attributes),
    walk: rate(seconds.walk),
    batch: rate(seconds.batch),
    parse: rate(seconds.parse),
    values,
  };
}

/** Sources of which some field is a part of a text. */
const takesParts = new Set(
  sourceProfiles
    .filter((profile) =>
      profile.shapes.some(({ aliases = {} }) =>
        Object.values(aliases).some((paths) => paths.some((one) => typeof one !== 'string')),
      ),
    )
    .map(({ id }) => id),
);

/** Compares both ways, event by event. Returns how many values of rules' fields there are. */
function check(
  decodeAll: (onBatch: (batch: EventBatch) => void) => void,
  fieldsOf: ReadonlyMap<string, readonly string[]>,
  walked: (offset: number) => Walked,
): number {
  let count = 0;
  decodeAll((batch) => {
    const columns = (fieldsOf.get(batch.source) ?? []).map((name) => ({ name, column: batch.field(name) }));
    for (let row = 0; row < batch.length; row += 1) {
      const event = walked(batch.origin(row).offset);
      // The walk has the whole of a text of which the decoder takes a part, so that kinds told by parts are not told apart.
      const isSame =
        event.source === batch.source &&
        (event.time ?? batch.receivedTimes[row]) === batch.times[row] &&
        (event.kind === batch.routes[row] || takesParts.has(batch.source));
      if (!isSame)
        throw new Error(
          `event ${batch.id(row)} of ${batch.source} has another source, kind or time in one way than in the other`,
        );
      for (const { name, column } of columns) {
        const code = column?.codes[row] ?? 0;
        const value = code === 0 ? undefined : column?.dictionary.valueOf(code);
        const other = event.values.get(name);
        const isPart = typeof other === 'string' && (value === undefined || other.includes(String(value)));
        // The decoder keeps whole numbers beyond 2^53 as text.
        const isRounded = typeof other === 'number' && Number(value) === other;
        if (value !== other && !isPart && !isRounded && typeof other !== 'object')
          throw new Error(`event ${batch.id(row)} has another ${name} in one way than in the other`);
        if (value !== undefined) count += 1;
      }
    }
  });
  return count;
}

const [flag, asked] = process.argv.slice(2);
if (!existsSync(path.join(corpus, 'sigma/rules'))) {
  console.log(`skipped: the corpus is not at ${corpus}; set PARAPET_CORPUS`);
} else if (flag === '--round') {
  console.log(JSON.stringify(measure(asked === 'flows' ? 'flows' : 'captures')));
} else {
  const measured = Array.from({ length: rounds }, () =>
    (['flows', 'captures'] as const).map((input) => {
      const { stdout, status } = spawnSync(process.execPath, [import.meta.filename, '--round', input], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      if (status !== 0) throw new Error(`a round ended with ${status}`);
      return JSON.parse(stdout) as Round;
    }),
  ).flat();
  const of = (input: Input): readonly Round[] => measured.filter((round) => round.input === input);
  const [flows, windows] = [of('flows'), of('captures')];
  const figures = [flows, windows].flatMap((list) => {
    const name = list === flows ? 'flows and logons' : 'Windows captures';
    return [
      {
        name: `${name}, all fields of the rules`,
        unit: 'events/s',
        rounds: list.map((round) => round.fields),
      },
      {
        name: `${name}, all fields and all attributes`,
        unit: 'events/s',
        rounds: list.map((round) => round.attributes),
      },
      {
        name: `${name}, JSON.parse and a walk to values`,
        unit: 'events/s',
        rounds: list.map((round) => round.walk),
      },
      {
        name: `${name}, JSON.parse and a walk to columns of codes`,
        unit: 'events/s',
        rounds: list.map((round) => round.batch),
      },
      {
        name: `${name}, decoder against a walk to values`,
        unit: 'times',
        rounds: list.map((round) => round.fields / round.walk),
      },
      {
        name: `${name}, decoder against a walk to columns of codes`,
        unit: 'times',
        rounds: list.map((round) => round.fields / round.batch),
      },
    ];
  });
  const average = ([round]: readonly Round[]): number =>
    Math.round((round?.bytes ?? 0) / (round?.events ?? 1));
  report({
    question: 'decoder',
    conditions: {
      flowEvents: flows[0]?.events ?? 0,
      flowBytesPerEvent: average(flows),
      captureEvents: windows[0]?.events ?? 0,
      captureBytesPerEvent: average(windows),
      rules: flows[0]?.rules ?? 0,
      eventsPerBatch: batchSize,
      cores: 1,
      time: 'user CPU time of one process, the ways in turn, dictionaries warm',
    },
    figures,
    checked: `both ways found the same source, kind, time and values in every event, ${flows[0]?.values} and ${windows[0]?.values} of fields that rules read`,
  });
  for (const list of [flows, windows]) {
    const ratio = median(list.map((round) => round.fields / round.batch));
    if (ratio < must) {
      console.error(
        `the decoder is only ${ratio.toFixed(2)} times as fast on ${list[0]?.input}; ${must} is the least`,
      );
      process.exitCode = 1;
    }
  }
}
