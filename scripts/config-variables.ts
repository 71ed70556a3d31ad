import {
  type ConfigRow,
  describeConfig,
  logConfig,
  opsConfig,
  shutdownConfig,
} from '../packages/service/src/index.ts';

export interface Variable extends ConfigRow {
  /** The processes that read it; empty = every one. */
  readonly readBy: readonly string[];
}

const everyProcess = { ...logConfig, ...opsConfig, ...shutdownConfig };

/**
 * All variables, those of every process first, then by name.
 * @throws when one has no meaning, or two processes disagree about one.
 */
export function toVariables(shapes: ReadonlyMap<string, Record<string, unknown>>): Variable[] {
  const common = describeConfig(everyProcess).map((row) => ({ ...row, readBy: [] }));
  const own = new Map<string, Variable>();
  for (const [process, shape] of shapes) {
    for (const row of describeConfig(shape as Parameters<typeof describeConfig>[0])) {
      if (row.name in everyProcess) continue;
      if (row.meaning === '') throw new Error(`${row.name} of ${process} has no description.`);
      const known = own.get(row.name);
      if (known) assertSame(known, row, process);
      own.set(row.name, { ...row, readBy: [...(known?.readBy ?? []), process] });
    }
  }
  return [...common, ...[...own.values()].sort((a, b) => (a.name < b.name ? -1 : 1))];
}

function assertSame(known: Variable, row: ConfigRow, process: string): void {
  for (const part of ['default', 'meaning', 'secret', 'required'] as const) {
    if (known[part] !== row[part])
      throw new Error(`${row.name} has another ${part} in ${process} than in ${known.readBy.join(', ')}.`);
  }
}

export function toConfigurationPage(variables: readonly Variable[]): string {
  const rows = variables.map((variable) => {
    const start = variable.required
      ? 'required'
      : variable.default === undefined
        ? ''
        : `\`${variable.default}\``;
    const meaning = `${variable.meaning}${variable.secret ? ' Secret: never printed.' : ''}`.replaceAll(
      '|',
      '\\|',
    );
    return `| \`${variable.name}\` | ${start} | ${meaning} | ${variable.readBy.join(', ') || 'every process'} |`;
  });
  return `# Configuration

Made from the schemas by \`node scripts/config-table.ts\`: change them, not this page.

\`npm start\` and \`npm run demo\` need none of these: the supervisor gives each process what it needs, and passes on what is set,
but for addresses, ports, folders of data and the format of the log, which it decides (\`parapet up --help\` lists them; it says when one is set and ignored). A process that is started alone reads
them from its environment; an empty variable counts as unset, and all problems are told at once (exit code 78).

| variable | default | meaning | read by |
| --- | --- | --- | --- |
${rows.join('\n')}
`;
}

export function toEnvExample(variables: readonly Variable[]): string {
  const entries = variables.map((variable) => {
    const need = variable.required ? ' Required.' : '';
    const readers = variable.readBy.length > 0 ? ` Read by: ${variable.readBy.join(', ')}.` : '';
    return `# ${variable.meaning}${need}${readers}\n# ${variable.name}=${variable.default ?? ''}\n`;
  });
  return `# Made from the schemas by \`node scripts/config-table.ts\`. Every variable of every process; see docs/CONFIGURATION.md.\n\n${entries.join('\n')}`;
}
