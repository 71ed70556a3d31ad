/** A regular expression of a rule: searched for anywhere in the value. */
export interface SigmaRegex {
  readonly source: string;
  readonly flags: string;
  /** Texts in lower case of which one stands in every value that matches; undefined when none is known. */
  readonly literals?: readonly string[];
  test(text: string): boolean;
}

export function createSigmaRegex(source: string, flags: string): SigmaRegex | { readonly problem: string } {
  try {
    const inline = /^\(\?([ims]+)\)/u.exec(source);
    const regex = new RegExp(
      inline === null ? source : source.slice(inline[0].length),
      flags + (inline?.[1] ?? ''),
    );
    return { source, flags, test: (text) => regex.test(text) };
  } catch (error) {
    return {
      problem: `The regular expression cannot be read: ${error instanceof Error ? error.message : String(error)}.`,
    };
  }
}
