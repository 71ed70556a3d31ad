import type { AliasPath, SourceProfile } from './source-profile.ts';

/** Where a field may be in events of a shape, the preferred place first: its aliases, then its name after each prefix. */
export function fieldPaths(
  { aliases, prefixes }: SourceProfile['shapes'][number],
  name: string,
): readonly AliasPath[] {
  const own = aliases !== undefined && Object.hasOwn(aliases, name) ? (aliases[name] ?? []) : [];
  return [...own, ...prefixes.map((prefix) => prefix + name)];
}
