import { createDetector, createEngine } from '@parapet/detection';
import {
  createDecoder,
  type DeadLetterReason,
  type Entities,
  type EventBatch,
  entitiesOf,
  type RejectedLine,
} from '@parapet/event-model';
import { compileRules, levels, ruleWarningCodes, type SigmaRule } from '@parapet/sigma';
import { type EventPositions, eventPositions } from '../input/event-positions.ts';
import type {
  HuntReady,
  HuntResult,
  HuntSetup,
  HuntTask,
  RejectedEvent,
  RuleCount,
} from './hunt-messages.ts';

/** Decoder and rules of one thread. */
export interface HuntEngine {
  readonly ready: HuntReady;
  hunt(task: HuntTask): HuntResult;
}

/** What of a refused event is repeated. */
const maxTextBytes = 4096;

interface MatchedRow {
  readonly batch: EventBatch;
  readonly row: number;
  readonly rules: readonly string[];
  readonly entitiesAt: (row: number) => Entities;
}

/** Builds decoder and detector once; tasks share nothing but the dictionaries of values seen. */
export function createHuntEngine(setup: HuntSetup): HuntEngine {
  const { filters, placeholders } = setup;
  const isTold = ({ level }: SigmaRule) => levels.indexOf(level) >= levels.indexOf(setup.minLevel);
  // Correlations are not evaluated here, since a task is no stream: the rules they refer to are told one by one, as the platform does.
  const set = compileRules(setup.rules.filter(isTold), { filters, placeholders });
  // Chunks are bounded in bytes; the number of events in one is not limited further.
  const engine = createEngine({
    decoder: createDecoder({
      fields: (logSources) => set.forLogSources(logSources).fields,
      limits: { maxLines: 1e9 },
      now: () => 0,
    }),
    detector: createDetector(set),
  });
  const used = new Set(set.rules);
  const numbers = new Map<string, number>();
  for (const [number, rule] of setup.rules.entries()) if (used.has(rule)) numbers.set(rule.id, number);
  const hasRange = setup.from !== undefined || setup.to !== undefined;
  const { from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY } = setup;
  let offset = 0;

  return {
    ready: {
      used: setup.rules.map((rule) => used.has(rule)),
      errors: set.errors.filter(({ code }) => !ruleWarningCodes.includes(code)),
    },
    hunt(task) {
      const { batches: analysed, rejected: allRejected } = engine.analyse([
        {
          topicId: 'hunt',
          partition: 0,
          offset: offset++,
          // Stands for "the event has no time of its own".
          timestamp: 0,
          value: task.bytes,
          // Counted within the chunk; the place of the chunk is added to it.
          headers: {
            'parapet-line': '0',
            ...(setup.source === undefined ? {} : { 'parapet-source': setup.source }),
          },
        },
      ]);
      const end = endOf(
        analysed.map(({ batch }) => batch),
        task.limit,
      );
      const tally = createTally();
      const matched: MatchedRow[] = [];
      for (const { batch, ruleIdsByRow } of analysed) {
        let events = 0;
        let entitiesAt: MatchedRow['entitiesAt'] | undefined;
        for (let row = 0; row < batch.length; row += 1) {
          if (end !== undefined && batch.origin(row).line >= end) continue;
          events += 1;
          const time = batch.times[row] ?? 0;
          tally.event(time);
          if (hasRange && (time === 0 || time < from || time >= to)) {
            tally.outside += 1;
            continue;
          }
          const rules = ruleIdsByRow(row).filter((id) => numbers.has(id));
          if (rules.length === 0) continue;
          entitiesAt ??= entitiesOf(batch);
          matched.push({ batch, row, rules, entitiesAt });
        }
        tally.source(batch.source, events);
      }
      matched.sort((a, b) => a.batch.origin(a.row).line - b.batch.origin(b.row).line);
      const lines = eventPositions(task);
      const matches: number[] = [];
      const details: string[] = [];
      for (const { batch, row, rules, entitiesAt } of matched) {
        const time = batch.times[row] ?? 0;
        const found = rules.toSorted(byText).flatMap((id) => numbers.get(id) ?? []);
        for (const rule of found) tally.rule(rule, time);
        matches.push(lines.of(batch.raw(row), batch.origin(row).line), found.length, ...found);
        if (setup.details) details.push(detailsOf(batch, row, entitiesAt(row)));
      }
      const rejected = allRejected.filter(
        ({ line, reason }) => (end === undefined || line < end) && reason !== 'empty_record',
      );
      return {
        ...tally.finish(rejected),
        rejected: setup.rejected ? rejectedOf(rejected, eventPositions(task)) : [],
        matches: Float64Array.from(matches),
        details,
      };
    },
  };
}

const byText = (one: string, other: string): number => (one < other ? -1 : 1);

/** Place in the record behind the last event that a limit lets through; undefined when all are. */
function endOf(batches: readonly EventBatch[], limit: number): number | undefined {
  const events = batches.reduce((sum, batch) => sum + batch.length, 0);
  if (events <= limit) return undefined;
  const places = batches.flatMap((batch) =>
    Array.from({ length: batch.length }, (_, row) => batch.origin(row).line),
  );
  return places.sort((a, b) => a - b)[limit];
}

function rejectedOf(rejected: readonly RejectedLine[], places: EventPositions): RejectedEvent[] {
  const inOrder = rejected.toSorted((one, other) => one.line - other.line);
  return inOrder.map((one) => toRejected(one, places));
}

function toRejected({ bytes, reason, detail, line }: RejectedLine, places: EventPositions): RejectedEvent {
  return {
    position: places.of(bytes, line),
    reason,
    // Byte positions are those of the chunk, which nobody outside knows.
    detail: detail.includes(' of the record') ? '' : detail,
    text: Buffer.from(bytes.subarray(0, maxTextBytes)).toString('utf8'),
  };
}

function detailsOf(batch: EventBatch, row: number, entities: Entities): string {
  const time = batch.times[row] ?? 0;
  return JSON.stringify({
    ...(time === 0 ? {} : { time: new Date(time).toISOString() }),
    source: batch.source,
    entities,
  });
}

function createTally() {
  let events = 0;
  let firstTime = Number.POSITIVE_INFINITY;
  let lastTime = Number.NEGATIVE_INFINITY;
  const sources: [string, number][] = [];
  const counts = new Map<number, { -readonly [key in keyof RuleCount]: RuleCount[key] }>();
  return {
    outside: 0,
    event(time: number): void {
      events += 1;
      if (time === 0) return;
      if (time < firstTime) firstTime = time;
      if (time > lastTime) lastTime = time;
    },
    source(source: string, count: number): void {
      if (count > 0) sources.push([source, count]);
    },
    rule(rule: number, time: number): void {
      const known = counts.get(rule) ?? {
        rule,
        count: 0,
        firstTime: Number.POSITIVE_INFINITY,
        lastTime: Number.NEGATIVE_INFINITY,
      };
      known.count += 1;
      if (time !== 0) {
        known.firstTime = Math.min(known.firstTime, time);
        known.lastTime = Math.max(known.lastTime, time);
      }
      counts.set(rule, known);
    },
    finish(rejected: readonly RejectedLine[]): Omit<HuntResult, 'rejected' | 'matches' | 'details'> {
      const reasons = new Map<DeadLetterReason, number>();
      for (const { reason } of rejected) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
      return {
        events,
        outside: this.outside,
        firstTime,
        lastTime,
        sources,
        reasons: [...reasons],
        counts: [...counts.values()],
      };
    },
  };
}
