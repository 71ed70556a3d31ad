import { createResultFile, type ResultFile } from './result-file.ts';

/**
 * The files that a hunt was asked to write: all of them, or none.
 * @throws {CommandError} when one cannot be written.
 */
export function createResultFiles(files: {
  readonly output: string | undefined;
  readonly rejected: string | undefined;
}) {
  const output = files.output === undefined ? undefined : createResultFile(files.output);
  let rejected: ResultFile | undefined;
  try {
    rejected = files.rejected === undefined ? undefined : createResultFile(files.rejected);
  } catch (error) {
    output?.discard();
    throw error;
  }
  return {
    output,
    rejected,
    finish() {
      output?.finish();
      rejected?.finish();
    },
    discard() {
      output?.discard();
      rejected?.discard();
    },
  };
}
