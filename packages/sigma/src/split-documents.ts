export interface DocumentText {
  readonly text: string;
  /** Line of the file that the text starts on, from 1. */
  readonly line: number;
}

/**
 * Cuts a YAML stream at its document markers. A line that starts with `---` or `...` is a marker wherever it
 * stands: YAML forbids it inside every kind of scalar.
 */
export function splitDocuments(text: string): readonly DocumentText[] {
  const source = text.startsWith('\uFEFF') ? text.slice(1) : text;
  if (!/^(?:---|\.\.\.|%)/mu.test(source)) return [{ text: source, line: 1 }];
  const documents: DocumentText[] = [];
  let lines: string[] = [];
  let first = 1;
  let blank = true;
  const close = (next: number): void => {
    if (!blank) documents.push({ text: lines.join('\n'), line: first });
    lines = [];
    first = next;
    blank = true;
  };
  for (const [index, line] of source.split('\n').entries()) {
    const number = index + 1;
    if (/^\.\.\.(?:\s|$)/u.test(line)) close(number + 1);
    else if (/^---(?:\s|$)/u.test(line)) {
      close(number);
      // What follows on the marker's own line stays at its column.
      lines.push(`   ${line.slice(3)}`);
      blank = line.slice(3).trim() === '';
    } else if (blank && lines.every((earlier) => earlier.trim() === '') && line.startsWith('%'))
      lines.push('');
    else {
      lines.push(line);
      if (line.trim() !== '') blank = false;
    }
  }
  close(0);
  return documents;
}
