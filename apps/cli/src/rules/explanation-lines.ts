import type { Explanation, ExplanationNode } from '@parapet/sigma';
import type { Style } from '../terminal/style.ts';
import { printable } from '../terminal/terminal.ts';

const mostValues = 5;

/** An explanation as an indented tree: `+` holds, `-` does not; under it what the event has. */
export function explanationLines({ conditions, filters }: Explanation, style: Style): string[] {
  const lines: string[] = [];
  const add = (node: ExplanationNode, depth: number): void => {
    const [single] = node.parts;
    if ((node.kind === 'all' || node.kind === 'any') && node.parts.length === 1 && single !== undefined) {
      add(single, depth);
      return;
    }
    // A search identifier with one part says nothing that its part does not; the name stays.
    const [only] = node.parts;
    const inner = node.kind === 'search' && only?.parts.length ? only.parts : node.parts;
    const joined = node.kind === 'search' && only?.kind === 'any' ? ' (any of)' : '';
    const mark = node.matched ? style.green('+') : style.red('-');
    lines.push(`${'  '.repeat(depth)}${mark} ${nameOf(node)}${joined}`);
    if (node.item !== undefined) {
      const indent = '  '.repeat(depth + 2);
      lines.push(`${indent}rule:  ${valuesOf(node.item.expected)}`);
      lines.push(`${indent}event: ${seen(node.item)}`);
      if (node.item.held.length > 0 && node.item.expected.length > 1)
        lines.push(`${indent}holds: ${valuesOf(node.item.held)}`);
    }
    for (const part of inner) add(part, depth + 1);
  };
  for (const condition of conditions) add(condition, 0);
  for (const filter of filters) {
    const mark = filter.matched ? style.green('+') : style.red('-');
    lines.push(`${mark} filter "${printable(filter.filter.title)}" lets it through`);
    for (const condition of filter.conditions) add(condition, 1);
  }
  return lines;
}

function nameOf({ kind, label, item }: ExplanationNode): string {
  if (kind === 'item') return `${label}${item === undefined ? '' : `  (line ${item.line})`}`;
  if (kind === 'all' || kind === 'and') return 'all of';
  if (kind === 'any' || kind === 'or') return 'any of';
  if (kind === 'not') return 'not';
  return label;
}

function seen({ field, actual }: NonNullable<ExplanationNode['item']>): string {
  if (field === undefined) return 'all its values';
  if (actual === undefined) return 'the field is absent';
  return valuesOf(Array.isArray(actual) ? actual : [actual]);
}

function valuesOf(values: readonly unknown[]): string {
  const shown = values.slice(0, mostValues).map((value) => printable(JSON.stringify(value) ?? '', 160));
  const more = values.length - shown.length;
  return `${shown.join(', ')}${more > 0 ? `, ... (${more} more)` : ''}`;
}
