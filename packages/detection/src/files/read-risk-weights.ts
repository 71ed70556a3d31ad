import { readFile } from 'node:fs/promises';
import { parseRiskWeights, RiskWeightsError } from '../risk/parse-risk-weights.ts';
import { defaultRiskWeights, type RiskWeights } from '../risk/risk-weights.ts';

/**
 * The weights of RISK_FILE, or the defaults when it is not set.
 * @throws {RiskWeightsError} with a sentence that names the file when it cannot be read or used.
 */
export async function readRiskWeights(file: string | undefined): Promise<RiskWeights> {
  if (file === undefined) return defaultRiskWeights;
  const text = await readFile(file, 'utf8').catch((cause) => {
    throw new RiskWeightsError(`RISK_FILE ${file} cannot be read (${cause.code ?? cause.message}).`, {
      cause,
    });
  });
  try {
    return parseRiskWeights(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new RiskWeightsError(`RISK_FILE ${file}: ${reason}`, { cause: error });
  }
}
