import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import process from 'node:process';
import { gunzipSync } from 'node:zlib';

const projectRoot = join(import.meta.dirname, '../../../..');

// biome-ignore lint/style/noProcessEnv: tests find the corpus by the environment
const { PARAPET_CORPUS } = process.env;
/** Folder of real rules and events that the project does not hold. */
export const corpusFolder = PARAPET_CORPUS ?? join(projectRoot, '../shared/corpus');

export const hasCorpus = existsSync(join(corpusFolder, 'sigma/rules'));

export const whySkipped = `the corpus is not at ${corpusFolder}; set PARAPET_CORPUS to run these tests`;

/** Paths and texts of all SigmaHQ rules. */
export function corpusRuleFiles(): readonly { readonly path: string; readonly text: string }[] {
  return ['rules', 'rules-emerging-threats', 'rules-threat-hunting'].flatMap((folder) => {
    const root = join(corpusFolder, 'sigma', folder);
    return readdirSync(root, { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.yml'))
      .toSorted()
      .map((path) => ({ path: join(folder, path), text: readFileSync(join(root, path), 'utf8') }));
  });
}

export type CorpusEvent = Record<string, unknown>;

export function captureNames(): readonly string[] {
  return readdirSync(join(corpusFolder, 'windows-otrf/captures')).toSorted();
}

/** The events of a capture; the event at index i is line i + 1 (an empty object where a line is blank). */
export function captureEvents(name: string): readonly CorpusEvent[] {
  const text = gunzipSync(readFileSync(join(corpusFolder, 'windows-otrf/captures', name))).toString('utf8');
  return text.split('\n').map((line) => (line.trim() === '' ? {} : (JSON.parse(line) as CorpusEvent)));
}

export function corpusText(path: string): string {
  return readFileSync(join(corpusFolder, path), 'utf8');
}

export function corpusList(folder: string, suffix: string): readonly string[] {
  const root = join(corpusFolder, folder);
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith(suffix))
    .map((path) => relative(corpusFolder, join(root, path)))
    .toSorted();
}
