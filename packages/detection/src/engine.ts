import type {
  Decoder,
  EventBatch,
  Finding,
  Observation,
  RawRecord,
  RejectedLine,
} from '@parapet/event-model';
import type { Detected, Detector } from './detector.ts';
import { observe } from './observe.ts';
import { withRisk } from './risk/finding-risk.ts';
import type { RiskEnrichment, RiskScorer, RiskScores } from './risk/risk-scorer.ts';

/** What the engine needs of an enricher; see `Enricher` of `@parapet/enrichment`. */
export interface EngineEnricher<E extends RiskEnrichment> {
  /** Never throws for what events hold, and never waits. */
  enrich(batch: EventBatch): E;
}

export interface EngineParts<E extends RiskEnrichment> {
  readonly decoder: Decoder;
  readonly detector: Detector;
  /** Without one nothing is added to events. */
  readonly enricher?: EngineEnricher<E> | undefined;
  /** Without one events and findings have no score. */
  readonly scorer?: RiskScorer | undefined;
}

/** The events of one source and everything that follows from them. Valid until the engine analyses again. */
export interface AnalysedBatch<E extends RiskEnrichment> {
  readonly batch: EventBatch;
  readonly enrichment: E | undefined;
  readonly ruleIdsByRow: Detected['ruleIdsByRow'];
  readonly scores: RiskScores | undefined;
  /** With the score of their riskiest evidence where there is a scorer; made when asked for. */
  findings(): readonly Finding[];
  /** The assets that the batch shows; made when asked for. */
  observations(): readonly Observation[];
}

export interface Analysed<E extends RiskEnrichment> {
  /** One per source found among the records. */
  readonly batches: readonly AnalysedBatch<E>[];
  readonly rejected: readonly RejectedLine[];
}

/**
 * Records to what they mean: decode and normalise, enrich, detect, score. Synchronous, without I/O, and the same answer for the
 * same records, so that a replay changes nothing. Serves one thread.
 */
export interface Engine<E extends RiskEnrichment> {
  analyse(records: readonly RawRecord[]): Analysed<E>;
  /** Hands the decoder's memory on: see `Decoder.close`. */
  close(): void;
}

/**
 * Bytes of records that an engine is best given at once while more are waiting: what it does for each batch and not for each event, with
 * each field and each group of rules, is then little. Twice as much gains nothing that can be measured (docs/adr/0011).
 */
export const engineBatchBytes = 8 * 1024 * 1024;

export function createEngine<E extends RiskEnrichment>(parts: EngineParts<E>): Engine<E> {
  const { decoder, detector, enricher, scorer } = parts;
  return {
    close: () => decoder.close(),
    analyse(records) {
      const { batches, rejected } = decoder.decode(records);
      return {
        rejected,
        batches: batches.map((batch) => {
          const enrichment = enricher?.enrich(batch);
          const detected = detector.detect(batch);
          const scores = scorer?.score(batch, enrichment, detected);
          return {
            batch,
            enrichment,
            ruleIdsByRow: detected.ruleIdsByRow,
            scores,
            findings: () =>
              scores === undefined || detected.rows.length === 0
                ? detected.findings()
                : withRisk(detected.findings(), detected.rowOf, scores),
            observations: () => observe(batch),
          };
        }),
      };
    },
  };
}
