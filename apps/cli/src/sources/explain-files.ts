import { addAbortSignal, type Readable } from 'node:stream';
import {
  createDecoder,
  profilesOfShapes,
  type RawRecord,
  type RejectedLine,
  type ShapeProfile,
  type SourceProfile,
  sourceProfiles,
} from '@parapet/event-model';
import type { RuleSet } from '@parapet/sigma';
import { CommandError } from '../command-error.ts';
import { openInput } from '../input/inspect-input.ts';
import { type FileRecord, readRecords } from '../input/read-records.ts';
import { createRuleWants } from './rule-wants.ts';
import type { ExplainReport } from './source-report.ts';
import { createSourceStatistics, getOrAdd, type SourceStatistics } from './source-statistics.ts';

/** Stands for standard input among files. */
export const standardInput = '-';

export interface ExplainOptions {
  /** Paths, or `standardInput`. */
  readonly files: readonly string[];
  readonly stdin: Readable;
  readonly rules: RuleSet;
  /** Takes every event for one of this source. */
  readonly source?: string;
  /** Looks at no more events than this. */
  readonly limit: number;
  readonly signal: AbortSignal;
  onProgress(events: number): void;
}

/** Records decoded together: enough to be quick, little enough to be shown as progress. */
const recordsPerStep = 500;
const bytesPerStep = 8 * 1024 * 1024;

/**
 * Reads files once and says what their events were taken for. Memory does not grow with the files. Of a file that cannot be read to its
 * end what was read counts.
 * @throws the signal's reason when it is interrupted.
 */
export async function explainFiles(options: ExplainOptions): Promise<ExplainReport> {
  const { files, rules, signal } = options;
  const profiles = profilesOfShapes(sourceProfiles, options.source);
  const decoder = createDecoder({
    profiles,
    fields: (logSources) => rules.forLogSources(logSources).fields,
  });
  const wantsOf = createRuleWants(rules);
  const statistics = new Map<SourceProfile, SourceStatistics>();
  const rejected = createRejections();
  let events = 0;

  const take = (records: readonly FileRecord[]): void => {
    const decoded = decoder.decode(records.map(rawRecordOf));
    for (const batch of decoded.batches) {
      const profile = profiles.find(({ id }) => id === batch.source) as ShapeProfile;
      getOrAdd(statistics, profile.source, () => createSourceStatistics(profile.source, wantsOf)).add(
        batch,
        profile,
      );
      events += batch.length;
    }
    for (const line of decoded.rejected) rejected.add(line);
    options.onProgress(events);
  };

  let isComplete = true;
  const unreadable: string[] = [];
  for await (const records of steps(options, (why) => unreadable.push(why))) {
    signal.throwIfAborted();
    const room = options.limit - events;
    if (room > 0) take(records.slice(0, room));
    isComplete = records.length <= room;
    if (!isComplete) break;
  }
  return {
    files: files.map((file) => (file === standardInput ? 'stdin' : file)),
    events,
    complete: isComplete,
    rulesLoaded: rules.rules.length,
    sources: [...statistics.values()]
      .map((source) => source.report())
      .sort((one, other) => other.events - one.events),
    deadLetters: rejected.list(),
    unreadable,
  };
}

async function* steps(
  { files, stdin, signal }: ExplainOptions,
  onUnreadable: (why: string) => void,
): AsyncGenerator<readonly FileRecord[]> {
  let records: FileRecord[] = [];
  let bytes = 0;
  for (const file of files) {
    const isStdin = file === standardInput;
    // Who feeds a pipe may be silent for long: that does not keep the command from ending.
    const stream = addAbortSignal(signal, isStdin ? stdin : openInput(file));
    try {
      for await (const record of readRecords(isStdin ? 'stdin' : file, stream)) {
        records.push(record);
        bytes += record.value.length;
        if (records.length < recordsPerStep && bytes < bytesPerStep) continue;
        yield records;
        records = [];
        bytes = 0;
      }
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      onUnreadable(error.message);
    }
  }
  if (records.length > 0) yield records;
}

function rawRecordOf({ value, file, line }: FileRecord): RawRecord {
  return {
    topicId: '',
    partition: 0,
    offset: 0,
    // An event of this time has none of its own.
    timestamp: 0,
    value,
    headers: {
      'parapet-file': file,
      'parapet-line': String(line),
    },
  };
}

/** Dead letters by reason, with the first of each. */
function createRejections() {
  const found = new Map<
    string,
    { count: number; readonly first: { file: string; line: number; detail: string } }
  >();
  return {
    add({ record, line, reason, detail }: RejectedLine): void {
      const known = found.get(reason);
      if (known !== undefined) known.count += 1;
      else {
        const place = Number(record.headers['parapet-line'] ?? 0) + line;
        found.set(reason, {
          count: 1,
          first: { file: record.headers['parapet-file'] ?? '', line: place, detail },
        });
      }
    },
    list: (): ExplainReport['deadLetters'] =>
      [...found]
        .map(([reason, { count, first }]) => ({ reason, count, first }))
        .sort((one, other) => other.count - one.count),
  };
}
