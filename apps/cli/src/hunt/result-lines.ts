import type { SigmaRule } from '@parapet/sigma';
import type { FoundInFile } from './run-hunt.ts';

/**
 * A line of NDJSON for each event that rules match: `{file, line, rules}`, with `index` in place of `line` for a file that
 * holds a JSON array. With details also the event's time, source and entities, and of each rule what a reader wants to know.
 */
export function createResultLines(
  rules: readonly SigmaRule[],
  withDetails: boolean,
): (found: FoundInFile) => string {
  const ids = rules.map(({ id }) => JSON.stringify(id));
  const described = new Map<number, string>();
  const describe = (index: number): string => {
    const known = described.get(index);
    if (known !== undefined) return known;
    const { id, title, level, tags, author, references } = rules[index] as SigmaRule;
    // The licence of shared rules asks that what is based on a match names the author.
    const text = JSON.stringify({ id, title, level, tags, author, references });
    described.set(index, text);
    return text;
  };
  return ({ file, place, result: { matches, details } }) => {
    const name = JSON.stringify(file);
    let text = '';
    for (let at = 0, event = 0; at < matches.length; event += 1) {
      const [position = 0, count = 0] = matches.subarray(at, at + 2);
      const found = Array.from(matches.subarray(at + 2, at + 2 + count));
      at += 2 + count;
      text += `{"file":${name},"${place}":${position},"rules":[${found.map((rule) => ids[rule]).join(',')}]`;
      if (withDetails)
        text += `,"details":[${found.map(describe).join(',')}],${(details[event] ?? '{}').slice(1, -1)}`;
      text += '}\n';
    }
    return text;
  };
}

/** A line of NDJSON for each event that could not be used. */
export function rejectedLines({ file, place, result }: FoundInFile): string {
  return result.rejected
    .map(
      ({ position, reason, detail, text }) =>
        `${JSON.stringify({ file, [place]: position, reason, ...(detail === '' ? {} : { detail }), text })}\n`,
    )
    .join('');
}
