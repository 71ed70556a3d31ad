import { Buffer } from 'node:buffer';
import { createDecoder, type EventBatch } from '@parapet/event-model';
import { compileRules, parseRules } from '@parapet/sigma';
import { createDetector } from '../detector.ts';
import type { RiskAnswer, RiskColumn } from '../risk/answer-points.ts';
import { createRiskScorer, type RiskScores } from '../risk/risk-scorer.ts';
import { defaultRiskWeights, type RiskWeights } from '../risk/risk-weights.ts';

/** A rule that finds `word` in the command line. */
export const aRuleText = (word: string, level: string, tags: readonly string[] = []): string => `
title: Finds ${word}
id: rule-${word}
tags: [${tags.join(', ')}]
logsource: { product: windows, category: process_creation }
detection: { selection: { CommandLine|contains: ${word} }, condition: selection }
level: ${level}
`;

/** One Sysmon process start for each command line, all on one host. */
export function aBatch(commandLines: readonly string[]): EventBatch {
  const records = commandLines.map((CommandLine, offset) => ({
    topicId: 'topic',
    partition: 0,
    offset,
    timestamp: Date.UTC(2026, 0, 15) + offset,
    headers: {},
    value: Buffer.from(
      JSON.stringify({
        Channel: 'Microsoft-Windows-Sysmon/Operational',
        EventID: 1,
        Hostname: 'dc01',
        CommandLine,
      }),
    ),
  }));
  const [batch] = createDecoder({ fields: () => ['CommandLine'] }).decode(records).batches;
  if (batch === undefined) throw new Error('nothing was decoded');
  return batch;
}

export const anAnswer = (kind: string, values: RiskAnswer['values'], provider = `${kind}s`): RiskAnswer => ({
  kind,
  provider,
  values,
});

/** A column of answers by row; rows with the same list share a code, as the enrichment gives them. */
export function aColumn(path: string, byRow: readonly (readonly RiskAnswer[])[]): RiskColumn {
  const known: (readonly RiskAnswer[])[] = [[]];
  const codes = Uint32Array.from(byRow, (answers) => {
    if (answers.length === 0) return 0;
    const at = known.indexOf(answers);
    return at >= 0 ? at : known.push(answers) - 1;
  });
  return { path, codes, known };
}

/** Scores of process starts, and all that they were made from. */
export function scored(opts: {
  commandLines: readonly string[];
  rules?: readonly string[];
  columns?: readonly RiskColumn[];
  weights?: RiskWeights;
}): {
  scores: RiskScores;
  batch: EventBatch;
  findings: ReturnType<ReturnType<ReturnType<typeof createDetector>['detect']>['findings']>;
  rowOf: ReturnType<ReturnType<typeof createDetector>['detect']>['rowOf'];
} {
  const { commandLines, rules = [], columns = [], weights = defaultRiskWeights } = opts;
  const ruleSet = compileRules(rules.flatMap((text) => parseRules(text).rules));
  const batch = aBatch(commandLines);
  const detected = createDetector(ruleSet).detect(batch);
  return {
    scores: createRiskScorer(weights).score(batch, { columns }, detected),
    batch,
    findings: detected.findings(),
    rowOf: detected.rowOf,
  };
}
