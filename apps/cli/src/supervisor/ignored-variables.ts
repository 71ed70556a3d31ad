import { plural } from '../terminal/plural.ts';

/**
 * Variables of single processes that a platform on one machine decides for all of them, and what to use instead; null
 * where there is nothing to choose.
 */
const decided: Readonly<Record<string, string | null>> = {
  HTTP_PORT: '--port',
  KAFKA_PORT: '--kafka-port',
  LAKE_DIR: '--data-dir',
  KAFKA_DATA_DIR: '--data-dir',
  HTTP_HOST: null,
  KAFKA_HOST: null,
  OPS_HOST: null,
  OPS_PORT: null,
  LOG_FORMAT: null,
};

/** For the help: the names, with what is there instead. */
export const decidedVariables = describe(Object.keys(decided));

/** One line about the variables of `env` that have no effect; undefined when there are none. */
export function ignoredVariables(env: Readonly<Record<string, string | undefined>>): string | undefined {
  const set = Object.keys(decided).filter((name) => env[name]?.trim());
  if (set.length === 0) return undefined;
  return `${plural(set.length, 'variable')} of the environment ignored, which the platform sets itself: ${describe(set)}`;
}

function describe(names: readonly string[]): string {
  return names.map((name) => (decided[name] ? `${name} (use ${decided[name]})` : name)).join(', ');
}
