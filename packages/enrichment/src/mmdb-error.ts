/** A file that is no MaxMind DB, or one whose content contradicts itself. The message is one sentence for people. */
export class MmdbError extends Error {
  override readonly name = 'MmdbError';
}
