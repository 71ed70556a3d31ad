/**
 * The value of a JSON text that `JSON.parse` takes, read in the plainest way. Values and keys are those of the JSON grammar (RFC 8259), and of
 * equal keys the last one counts; whole numbers that a double cannot hold, and numbers past its range, are their own text.
 *
 * It asks `JSON.parse` for single strings only, which cannot be taken for another: the engine takes some keys with escapes for keys that
 * it has parsed before (see decode/parse-json.ts).
 */
export function readPlainJson(text: string): unknown {
  const token = /\s*("(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|true|false|null|[{}[\],:])/sy;
  const next = (): string => token.exec(text)?.[1] ?? '';
  const valueFrom = (first: string): unknown => {
    if (first === '[') {
      const list: unknown[] = [];
      for (let one = next(); one !== ']'; one = next()) if (one !== ',') list.push(valueFrom(one));
      return list;
    }
    if (first === '{') {
      const members: [string, unknown][] = [];
      for (let one = next(); one !== '}'; one = next()) {
        if (one === ',') continue;
        next();
        members.push([JSON.parse(one) as string, valueFrom(next())]);
      }
      return Object.fromEntries(members);
    }
    return /^[-\d]/.test(first) ? numberFrom(first) : JSON.parse(first);
  };
  return valueFrom(next());
}

function numberFrom(text: string): number | string {
  const number = Number(text);
  if (!Number.isFinite(number)) return text;
  return /[.eE]/.test(text) || Number.isSafeInteger(number) ? number : text;
}
