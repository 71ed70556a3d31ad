import {
  createDetector,
  createEngine,
  createRiskScorer,
  type Engine,
  type RiskWeights,
  toRuleSnapshot,
} from '@parapet/detection';
import type { Enricher, Enrichment } from '@parapet/enrichment';
import { createDecoder, type DecoderLimits, type RuleSnapshot } from '@parapet/event-model';
import type { ConsumedBatch } from '@parapet/kafka';
import {
  type CompileOptions,
  compileRules,
  type RuleError,
  type SigmaFilter,
  type SigmaRule,
} from '@parapet/sigma';
import { type AnalyseDeps, type Analysis, analyse } from './analyse.ts';

export type Placeholders = NonNullable<CompileOptions['placeholders']>;

/** What an analyser is made from, as plain data: it is sent from thread to thread. */
export interface RuleSource {
  readonly rules: readonly SigmaRule[];
  readonly filters: readonly SigmaFilter[];
  readonly placeholders: Placeholders;
}

/** What stays the same when the rules change; plain data too. */
export interface AnalyserSettings {
  readonly limits: Partial<DecoderLimits>;
  /** Profile ids by topic name: what arrives there is of that source. */
  readonly sourceByTopic: Readonly<Record<string, string>>;
  readonly riskWeights: RiskWeights;
}

export interface RuleInUse {
  readonly snapshot: RuleSnapshot;
  /** The file that the rule came from. */
  readonly path?: string;
}

/** One compiled set of rules and everything that works with it. Serves one thread. */
export interface Analyser {
  readonly rules: readonly RuleInUse[];
  /** Rules that were given and refused. */
  readonly errors: readonly RuleError[];
  /** Never throws and never waits, so a batch is the work of exactly one set of rules. */
  analyse(
    batch: Pick<ConsumedBatch, 'topic' | 'topicId' | 'records'>,
    onFault: AnalyseDeps['onFault'],
  ): Analysis;
  /** Gives its memory to the next one. What it analysed stays. */
  close(): void;
}

/** The one place that puts the engine of a worker together, over compiled rules. The enricher outlives it: rules change oftener. */
export function createAnalyser(
  source: RuleSource,
  settings: AnalyserSettings,
  enricher: Pick<Enricher, 'enrich'> | undefined,
): Analyser {
  const { rules, ...options } = source;
  const compiled = compileRules(rules, options);
  const detector = createDetector(compiled);
  const scorer = createRiskScorer(settings.riskWeights);
  const engines = createEngines(settings, (sourceByTopic) =>
    createEngine<Enrichment>({
      decoder: createDecoder({
        fields: (logSources) => compiled.forLogSources(logSources).fields,
        limits: settings.limits,
        sourceByTopic,
      }),
      detector,
      enricher,
      scorer,
    }),
  );
  return {
    rules: compiled.rules.map((rule) => ({
      snapshot: toRuleSnapshot(rule),
      ...(rule.path === undefined ? {} : { path: rule.path }),
    })),
    errors: compiled.errors,
    analyse: (batch, onFault) => analyse(batch.records, { engine: engines.engineOf(batch), onFault }),
    close: () => engines.close(),
  };
}

/**
 * The decoder knows topics by id, people by name, and a topic that is made anew has another id. So ids are learnt from
 * the batches; one that was not known costs a new engine, whose dictionaries are empty.
 */
function createEngines(
  { sourceByTopic }: AnalyserSettings,
  create: (sourceByTopicId: Readonly<Record<string, string>>) => Engine<Enrichment>,
): { engineOf(batch: Pick<ConsumedBatch, 'topic' | 'topicId'>): Engine<Enrichment>; close(): void } {
  const profiles = new Map(Object.entries(sourceByTopic));
  const topicIds = new Map<string, string>();
  let engine = create({});
  return {
    close: () => engine.close(),
    engineOf({ topic, topicId }) {
      const profile = profiles.get(topic);
      if (profile !== undefined && topicIds.get(topic) !== topicId) {
        topicIds.set(topic, topicId);
        engine.close();
        engine = create(
          Object.fromEntries([...topicIds].map(([name, id]) => [id, profiles.get(name) ?? profile])),
        );
      }
      return engine;
    },
  };
}
