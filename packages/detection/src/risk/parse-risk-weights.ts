import { parseDocument } from 'yaml';
import { RiskWeights } from './risk-weights.ts';

/** Why a file of risk weights cannot be used: sentences for whoever wrote it. */
export class RiskWeightsError extends Error {
  override readonly name = 'RiskWeightsError';
}

/** A file of weights has some hundred bytes; single rules and networks may make it longer. */
const maxLength = 1024 * 1024;
const maxProblems = 10;

/**
 * Reads weights from YAML or JSON. What the text leaves out keeps its default; a table of names (`rules`, `zones`, `countries`,
 * `autonomousSystems`) that is given replaces the default table. An empty text gives the defaults.
 * @throws {RiskWeightsError} when the text is not YAML, names something unknown, or a value is out of its bounds.
 */
export function parseRiskWeights(text: string): RiskWeights {
  if (text.length > maxLength) {
    throw new RiskWeightsError(`The risk weights are longer than ${maxLength} characters.`);
  }
  const parsed = RiskWeights.safeParse(readYaml(text) ?? {});
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) =>
    path.length === 0 ? message : `${path.join('.')}: ${message}`,
  );
  const more = problems.length > maxProblems ? [`and ${problems.length - maxProblems} more`] : [];
  throw new RiskWeightsError(
    `The risk weights cannot be used: ${[...problems.slice(0, maxProblems), ...more].join('; ')}.`,
  );
}

function readYaml(text: string): unknown {
  try {
    const document = parseDocument(text, { prettyErrors: true, uniqueKeys: true });
    const [problem] = document.errors;
    if (problem) throw problem;
    // Aliases would let a short text stand for a huge one, and weights need none.
    return document.toJS({ maxAliasCount: 0 });
  } catch (error) {
    const [reason] = String(error instanceof Error ? error.message : error).split('\n');
    throw new RiskWeightsError(`The risk weights are not YAML: ${reason}`, { cause: error });
  }
}
