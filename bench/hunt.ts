/**
 * How long does a hunt take from the command to its summary, and how many events a second is that? `parapet hunt` over the Windows
 * captures of the corpus with all SigmaHQ rules, as files packed by gzip, on one worker and on two, and over one large file of
 * all of them. Rules and events are those of the corpus (PARAPET_CORPUS, default ../shared/corpus); without it nothing is measured.
 */
import { spawnSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { type Figure, report } from './support/report.ts';

const root = path.join(import.meta.dirname, '..');
const { PARAPET_CORPUS: corpus = path.join(root, '../shared/corpus') } = process.env;
const captures = path.join(corpus, 'windows-otrf/captures');
const expected = path.join(corpus, 'windows-otrf/expected-matches.ndjson');
const rounds = 5;

interface Summary {
  readonly events: number;
  readonly unpackedBytes: number;
  readonly bytes: number;
  readonly matches: number;
  readonly seconds: number;
  readonly eventsPerSecond: number;
  readonly rulesLoaded: number;
  readonly comparison?: { readonly expected: number; readonly unexplained: number };
}

interface Round {
  readonly summary: Summary;
  /** From the command to its end, with the start of Node and the loading of rules. */
  readonly wallSeconds: number;
}

/** One hunt in a process of its own. The comparison with what is expected is made for the captures, where positions are known. */
function hunt(input: string, workers: number): Round {
  const rules = ['rules', 'rules-emerging-threats', 'rules-threat-hunting'].flatMap((folder) => [
    '--rules',
    path.join(corpus, 'sigma', folder),
  ]);
  const compare =
    input === captures
      ? ['--expect', expected, '--known', path.join(root, 'tests/corpus/known-differences.ndjson')]
      : [];
  const startedAt = performance.now();
  const { stdout, status } = spawnSync(
    process.execPath,
    [
      path.join(root, 'apps/cli/src/main.ts'),
      'hunt',
      input,
      ...rules,
      ...compare,
      '--workers',
      String(workers),
      '--json',
      '--no-progress',
    ],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], maxBuffer: 1 << 28 },
  );
  const wallSeconds = (performance.now() - startedAt) / 1000;
  if (status !== 0) throw new Error(`a hunt with ${workers} workers ended with ${status}`);
  return { summary: JSON.parse(stdout) as Summary, wallSeconds };
}

/** All captures as one file of lines. */
function writeLargeFile(file: string): void {
  const descriptor = openSync(file, 'w');
  for (const name of readdirSync(captures).sort())
    writeSync(descriptor, gunzipSync(readFileSync(path.join(captures, name))));
  closeSync(descriptor);
}

function figuresOf(name: string, all: readonly Round[]): Figure[] {
  return [
    {
      name: `${name}, reading to last event`,
      unit: 'events/s',
      rounds: all.map(({ summary }) => summary.eventsPerSecond),
    },
    { name: `${name}, command to summary`, unit: 's', rounds: all.map(({ wallSeconds }) => wallSeconds) },
  ];
}

if (!existsSync(captures)) {
  console.log(`skipped: the corpus is not at ${corpus}; set PARAPET_CORPUS`);
} else {
  const folder = mkdtempSync(path.join(tmpdir(), 'parapet-bench-hunt-'));
  try {
    const large = path.join(folder, 'all.ndjson');
    writeLargeFile(large);
    const one: Round[] = [];
    const two: Round[] = [];
    const single: Round[] = [];
    for (let round = 0; round < rounds; round++) {
      one.push(hunt(captures, 1));
      two.push(hunt(captures, 2));
      single.push(hunt(large, 2));
    }
    const all = [...one, ...two, ...single].map(({ summary }) => summary);
    const [first] = all;
    if (first === undefined || first.matches === 0) throw new Error('nothing matched');
    if (all.some(({ matches, events }) => matches !== first.matches || events !== first.events))
      throw new Error('hunts of the same events do not agree on what matches');
    const large1 = single[0]?.summary;
    report({
      question: 'hunt',
      conditions: {
        rules: first.rulesLoaded,
        events: first.events,
        bytesPerEvent: Math.round(first.unpackedBytes / first.events),
        matches: first.matches,
        matchRate: Math.round((first.matches / first.events) * 1e5) / 1e5,
        captures: `${readdirSync(captures).length} files packed by gzip, ${Math.round(first.bytes / 1e6)} MB`,
        oneFile: `the same events unpacked, ${Math.round((large1?.bytes ?? 0) / 1e6)} MB`,
        threads: 'the workers, one that reads and cuts, and those of the runtime that unpack',
        time: 'the first figure starts when reading does, while the workers still compile the rules; the second includes the start of Node and the parsing of rules',
        notIncluded:
          'findings with evidence are made for each match but not written; nothing is published or stored',
      },
      figures: [
        ...figuresOf('captures, 1 worker', one),
        ...figuresOf('captures, 2 workers', two),
        ...figuresOf('one file, 2 workers', single),
      ],
      checked:
        'each hunt over the captures is compared with the expected matches of the corpus and ends with an error on a difference that is not known; all rounds find as many matches',
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
