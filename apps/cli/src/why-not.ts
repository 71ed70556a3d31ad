import { messageOf } from './command-error.ts';

const sentences: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder.',
  ENOTDIR: 'a part of the path is a file, not a folder.',
  EISDIR: 'it is a folder, not a file.',
  EACCES: 'this user may not.',
  EPERM: 'this user may not.',
  ENOSPC: 'the disk is full.',
  EROFS: 'the file system can only be read.',
  EMFILE: 'too many files are open.',
};

/** Why a file or folder could not be used, in words; the system's own text where there are none. */
export function whyNot(error: unknown): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
  return Object.hasOwn(sentences, code) ? (sentences[code] ?? code) : messageOf(error);
}
