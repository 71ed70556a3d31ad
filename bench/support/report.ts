import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import path from 'node:path';

/** One figure: every round's value as measured, in order. */
export interface Figure {
  readonly name: string;
  readonly unit: string;
  readonly rounds: readonly number[];
}

export interface Report {
  /** The question, as the file is named. */
  readonly question: string;
  /** Everything the figures depend on: bytes per event, rules loaded, processes, durability, rate, ... */
  readonly conditions: Readonly<Record<string, string | number | boolean>>;
  readonly figures: readonly Figure[];
  /** How the answer was checked, in a sentence. */
  readonly checked: string;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** Prints the figures with their conditions and keeps them, with all raw values, in `bench/results/<question>.json`. */
export function report({ question, conditions, figures, checked }: Report): void {
  const machine = {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    loadAverage: loadavg().map((load) => Math.round(load * 100) / 100),
    node: process.versions.node,
  };
  console.log(`\n${question}`);
  for (const { name, unit, rounds } of figures) {
    const format = (value: number) =>
      value.toLocaleString('en', { maximumFractionDigits: value < 100 ? 2 : 0 });
    console.log(
      `  ${name}: ${format(median(rounds))} ${unit}${rounds.length > 1 ? ` (median of ${rounds.map(format).join(', ')})` : ''}`,
    );
  }
  for (const [name, value] of Object.entries(conditions)) console.log(`    ${name}: ${value}`);
  console.log(
    `    machine: ${machine.cores} x ${machine.cpu}, Node ${machine.node}, load ${machine.loadAverage.join(' ')}`,
  );
  console.log(`    checked: ${checked}`);
  const folder = path.join(import.meta.dirname, '../results');
  mkdirSync(folder, { recursive: true });
  const result = {
    question,
    at: new Date().toISOString(),
    commit: execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: folder, encoding: 'utf8' }).trim(),
    machine,
    conditions,
    figures: figures.map((figure) => ({ ...figure, median: median(figure.rounds) })),
    checked,
  };
  writeFileSync(path.join(folder, `${question}.json`), `${JSON.stringify(result, null, 2)}\n`);
}
