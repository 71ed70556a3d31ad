import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';

const projectRoot = path.join(import.meta.dirname, '../../../..');
// biome-ignore lint/style/noProcessEnv: tests find the corpus by the environment
const { PARAPET_CORPUS: corpus = path.join(projectRoot, '../shared/corpus') } = process.env;

export const hasCorpus = existsSync(path.join(corpus, 'geo/test-data'));
export const whySkipped = `the corpus is not at ${corpus}; set PARAPET_CORPUS to run these tests`;

export function corpusFile(name: string): Uint8Array {
  return readFileSync(path.join(corpus, name));
}

export function corpusNames(folder: string): readonly string[] {
  return hasCorpus ? readdirSync(path.join(corpus, folder)).toSorted() : [];
}
