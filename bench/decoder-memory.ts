/**
 * Does memory stay flat over 50 M events whose values never end? Decoding, all attributes and SigmaHQ's rules of the corpus
 * (PARAPET_CORPUS, default ../shared/corpus; without it nothing is measured), in one process, as one worker does it. Some fields of
 * each event are different in every event, others repeat as names of machines and users do. `--events N` ends sooner.
 */
import { Buffer } from 'node:buffer';
import { existsSync, globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { createDecoder, type EventBatch, type RawRecord } from '@parapet/event-model';
import { compileRules, parseRules } from '@parapet/sigma';
import { report } from './support/report.ts';

const { PARAPET_CORPUS: corpus = path.join(import.meta.dirname, '../../shared/corpus') } = process.env;
const { values: options } = parseArgs({ options: { events: { type: 'string', default: '50000000' } } });
const wanted = Number(options.events);
const eventsPerRecord = 500;
const recordsPerBatch = 8;
const eventsPerBatch = eventsPerRecord * recordsPerBatch;
const sampleEvery = Math.min(1_000_000, Math.max(eventsPerBatch, Math.floor(wanted / 10)));
const mostMegabytes = 600;
/** What the last two fifths may have more than the two before: a garbage collector's whim, not a leak. */
const mostGrowth = 1.15;

/** Runs of `#` are different in every event, runs of `?` are ranks: rank r with a chance of about 1/r. */
const templates = [
  {
    ts: '1768469400.######',
    uid: 'C########',
    'id.orig_h': '10.0.0.?',
    'id.orig_p': '?????',
    'id.resp_h': 'h########.example',
    'id.resp_p': 443,
    proto: 'tcp',
    service: 'ssl',
    history: 'h########',
    _path: 'conn',
  },
  {
    EventTime: '2026-01-15T09:00:00Z',
    Hostname: 'ws-?????.corp.example',
    Channel: 'Security',
    SourceName: 'Microsoft-Windows-Security-Auditing',
    EventID: 4688,
    NewProcessName: 'C:\\Temp\\########.exe',
    CommandLine: '"C:\\Temp\\########.exe" -id ########',
    ParentProcessName: 'C:\\Windows\\p?????.exe',
    SubjectUserName: 'user?????',
    SubjectLogonId: '0x########',
    NewProcessId: '0x########',
  },
  {
    UtcTime: '2026-01-15 09:00:00.000',
    Computer: 'ws-?????',
    Channel: 'Microsoft-Windows-Sysmon/Operational',
    EventID: 1,
    Image: 'C:\\Windows\\System32\\whoami.exe',
    OriginalFileName: 'whoami.exe',
    CommandLine: 'whoami.exe /priv ########',
    Hashes: 'MD5=000000000000000000000000########',
    ProcessGuid: '{########-0000}',
    ParentImage: 'C:\\Windows\\p?????.exe',
    ParentCommandLine: 'p ########',
    User: 'CORP\\user?????',
  },
  {
    '@timestamp': '2026-01-15T09:00:00Z',
    message: 'message ########',
    host: { name: 'h?????' },
    trace: { id: '########' },
  },
  {
    type: 'SYSCALL',
    msg: 'audit(1768469400.000:########)',
    pid: '########',
    exe: '/usr/bin/x########',
    comm: 'x?????',
    uid: '?????',
  },
].map((event) => JSON.stringify(event));

interface Filler {
  readonly values: readonly Uint8Array[];
  fill(first: number): void;
}

/** Records of events whose numbers are written anew, in place, for each batch. */
function createFiller(): Filler {
  const text = Array.from(
    { length: eventsPerBatch },
    (_, index) => `${templates[index % templates.length]}\n`,
  );
  const bytes = new Uint8Array(text.reduce((sum, line) => sum + Buffer.byteLength(line), 0));
  const values: Uint8Array[] = [];
  const runs: {
    readonly event: number;
    readonly start: number;
    readonly end: number;
    readonly isRank: boolean;
  }[] = [];
  let at = 0;
  let recordStart = 0;
  for (const [event, line] of text.entries()) {
    bytes.set(Buffer.from(line), at);
    for (const { 0: run, index } of line.matchAll(/#+|\?+/g))
      runs.push({ event, start: at + index, end: at + index + run.length, isRank: run.startsWith('?') });
    at += Buffer.byteLength(line);
    if ((event + 1) % eventsPerRecord === 0) {
      values.push(bytes.subarray(recordStart, at));
      recordStart = at;
    }
  }
  let state = 1;
  const random = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return (state >>> 0) / 2 ** 32;
  };
  return {
    values,
    fill(first) {
      for (const { event, start, end, isRank } of runs) {
        let number = isRank ? Math.floor(99_999 ** random()) : first + event;
        for (let place = end - 1; place >= start; place -= 1) {
          bytes[place] = 0x30 + (number % 10);
          number = Math.floor(number / 10);
        }
      }
    },
  };
}

interface Sample {
  readonly events: number;
  readonly rss: number;
  readonly heap: number;
  readonly buffers: number;
}

function measure(): void {
  const rules = globSync('sigma/rules*/**/*.yml', { cwd: corpus }).flatMap(
    (file) => parseRules(readFileSync(path.join(corpus, file), 'utf8')).rules,
  );
  const set = compileRules(rules);
  const decoder = createDecoder({ fields: (logSources) => set.forLogSources(logSources).fields });
  const filler = createFiller();
  const samples: Sample[] = [];
  let events = 0;
  let matches = 0;
  let attributes = 0;
  const cpu = process.cpuUsage();
  while (events < wanted) {
    filler.fill(events);
    const records = filler.values.map(
      (value, index): RawRecord => ({
        topicId: 'bench',
        partition: 0,
        offset: events / eventsPerRecord + index,
        timestamp: 1.76e12,
        value,
        headers: {},
      }),
    );
    const { batches, rejected } = decoder.decode(records);
    if (rejected.length > 0)
      throw new Error(`${rejected.length} events were refused: ${rejected[0]?.detail}`);
    let found = 0;
    for (const batch of batches) {
      found += batch.length;
      attributes += batch.attributePaths().length;
      for (const [route, logSources] of batch.logSources.entries()) {
        const rows = batch.rowsOf(route);
        if (rows.length > 0) set.forLogSources(logSources).evaluate(batch, rows, () => matches++);
      }
      checkOne(batch);
    }
    if (found !== eventsPerBatch) throw new Error(`${found} of ${eventsPerBatch} events came back`);
    events += eventsPerBatch;
    if (Math.floor(events / sampleEvery) > samples.length) {
      const { rss, heapUsed, arrayBuffers } = process.memoryUsage();
      const buffers = (arrayBuffers + decoder.memoryBytes) / 1e6;
      samples.push({ events, rss: rss / 1e6, heap: heapUsed / 1e6, buffers });
    }
  }
  const { user } = process.cpuUsage(cpu);
  // What a worker thread has as its own; the process's resident memory is told beside it.
  const most = (list: readonly Sample[]): number =>
    Math.max(...list.map(({ heap, buffers }) => heap + buffers));
  // Dictionaries fill up to their bound in the first fifth.
  const fifth = Math.ceil(samples.length / 5);
  const growth = most(samples.slice(3 * fifth)) / most(samples.slice(fifth, 3 * fifth));
  report({
    question: 'decoder-memory',
    conditions: {
      events,
      sampledEvery: sampleEvery,
      bytesPerEvent: Math.round(filler.values.reduce((sum, value) => sum + value.length, 0) / eventsPerBatch),
      rules: set.rules.length,
      matches,
      distinctFields:
        'about half of the fields have another value in every event; the others have 1 to 100,000 values (zipf)',
      eventsPerBatch,
      processes: 1,
      load: 'decoding, all attributes, all rules',
    },
    figures: [
      { name: 'resident memory', unit: 'MB', rounds: samples.map((sample) => Math.round(sample.rss)) },
      { name: 'heap in use', unit: 'MB', rounds: samples.map((sample) => Math.round(sample.heap)) },
      {
        name: 'buffers and the decoder’s memory beside the heap',
        unit: 'MB',
        rounds: samples.map((sample) => Math.round(sample.buffers)),
      },
      {
        name: 'heap and buffers, most of the last two fifths against the two before',
        unit: 'times',
        rounds: [growth],
      },
      { name: 'events', unit: 'events/s of CPU time', rounds: [Math.round(events / (user / 1e6))] },
    ],
    checked: `every event came back, ${attributes} attribute columns were made, and one event of each batch had its own values`,
  });
  if (most(samples) > mostMegabytes || growth > mostGrowth) {
    console.error(
      `heap and buffers reached ${Math.round(most(samples))} MB (at most ${mostMegabytes}) and grew ${growth.toFixed(2)} times`,
    );
    process.exitCode = 1;
  }
}

/** The last event of a batch has the command line that its bytes say. */
function checkOne(batch: EventBatch): void {
  const row = batch.length - 1;
  const column = batch.field('CommandLine');
  const code = column?.codes[row] ?? 0;
  if (column === undefined || code === 0) return;
  const event = JSON.parse(Buffer.from(batch.raw(row)).toString()) as { readonly CommandLine?: string };
  if (column.dictionary.valueOf(code) !== event.CommandLine) throw new Error('a command line is not its own');
}

if (existsSync(path.join(corpus, 'sigma/rules'))) measure();
else console.log(`skipped: the corpus is not at ${corpus}; set PARAPET_CORPUS`);
