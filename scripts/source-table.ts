/**
 * Writes docs/sources.md from the source profiles. `--check` writes nothing and exits 1 when the page is out of date.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import {
  ocsfClasses,
  productName,
  type SourceProfile,
  sourceProfiles,
} from '../packages/event-model/src/index.ts';

const page = new URL('../docs/sources.md', import.meta.url);

/** The page for some profiles. */
export function toSourcesPage(profiles: readonly SourceProfile[]): string {
  return `# Sources

Written by \`node scripts/source-table.ts\` from [\`packages/event-model/src/profiles\`](../packages/event-model/src/profiles), where each source is a file
of data with sample events and what they become beside it. Change those, not this page.

An event is of the first source in this order one of whose shapes it has; \`generic\` takes the rest. The header \`parapet-source\` of a record, or its
topic, may name the source instead. What your own events are taken for, and why: \`npm run parapet -- sources explain FILE\`.
The raw event is always kept, so that fields without a mapping can still be searched and read by rules.

| source | events of | shapes |
| --- | --- | --- |
${profiles.map(sourceRow).join('\n')}

## Sigma log sources and OCSF classes

A rule looks at an event when its \`logsource\` asks nothing that one of the event's log sources does not answer.

${profiles.map(kindTable).join('\n\n')}
`;
}

/** Whether the page is as it should be. */
export async function isSourcesPageCurrent(): Promise<boolean> {
  return (await readFile(page, 'utf8').catch(() => '')) === toSourcesPage(sourceProfiles);
}

function sourceRow(profile: SourceProfile): string {
  const { id, shapes } = profile;
  return `| [\`${id}\`](#${id}) | ${cell(productName(profile))} | ${shapes.map((shape) => `\`${shape.id}\``).join(', ')} |`;
}

/** One row for each log source: of kinds that have the same, the classes and activities together. */
function kindTable({ id, kinds }: SourceProfile): string {
  const rows = new Map<string, Map<string, Set<string>>>();
  for (const kind of kinds) {
    const logSources = kind.logSources
      .map(({ product, category, service }) =>
        [product && `product ${product}`, category && `category ${category}`, service && `service ${service}`]
          .filter((part) => part !== undefined)
          .join(', '),
      )
      .map((text) => (text === '' ? 'none' : text))
      .join('; ');
    const classes = rows.get(logSources) ?? new Map<string, Set<string>>();
    const { name, uid } = ocsfClasses[kind.class];
    const title = id === 'ocsf' ? 'as the event says' : `${name} (${uid})`;
    const activities = classes.get(title) ?? new Set<string>();
    if (id !== 'ocsf') activities.add(kind.activity[1]);
    classes.set(title, activities);
    rows.set(logSources, classes);
  }
  return `### ${id}

| log sources | OCSF classes and activities |
| --- | --- |
${[...rows].map(([logSources, classes]) => `| ${cell(logSources)} | ${cell(classesText(classes))} |`).join('\n')}`;
}

function classesText(classes: ReadonlyMap<string, ReadonlySet<string>>): string {
  return [...classes]
    .map(([title, activities]) => (activities.size === 0 ? title : `${title}: ${[...activities].join(', ')}`))
    .join('; ');
}

const cell = (text: string): string => text.replaceAll('|', '\\|');

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const isCurrent = await isSourcesPageCurrent();
  if (process.argv.includes('--check')) {
    if (!isCurrent) console.error('docs/sources.md is out of date: run node scripts/source-table.ts');
    process.exitCode = isCurrent ? 0 : 1;
  } else {
    await writeFile(page, toSourcesPage(sourceProfiles));
    console.log(isCurrent ? 'docs/sources.md is up to date.' : 'Wrote docs/sources.md.');
  }
}
