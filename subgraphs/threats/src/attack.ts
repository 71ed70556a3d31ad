import { tacticNames, techniqueNames } from './attack-names.ts';

export interface AttackTechnique {
  /** E.g. `T1059.001`. */
  readonly id: string;
  readonly name: string | null;
  readonly url: string;
  /** Names of the tactics it serves. */
  readonly tactics: readonly string[];
}

/** The MITRE ATT&CK techniques among a rule's tags, such as `attack.t1059.001`, each once. */
export function techniquesOf(tags: readonly string[]): AttackTechnique[] {
  const ids = tags.flatMap((tag) => {
    const found = /^attack\.(t\d{4})(\.\d{3})?$/i.exec(tag);
    return found ? [`${found[1]}${found[2] ?? ''}`.toUpperCase()] : [];
  });
  return [...new Set(ids)].map((id) => {
    const [parent = id, sub] = id.split('.');
    const entry = techniqueNames[id];
    // A sub-technique serves the tactics of its technique.
    const slugs = (entry ?? techniqueNames[parent])?.tactics ?? [];
    return {
      id,
      name: entry?.name ?? null,
      url: `https://attack.mitre.org/techniques/${parent}${sub ? `/${sub}` : ''}/`,
      tactics: slugs.map(tacticName),
    };
  });
}

/** Names of the MITRE ATT&CK tactics among a rule's tags, such as `attack.credential-access`, each once. */
export function tacticsOf(tags: readonly string[]): string[] {
  const slugs = tags.flatMap((tag) => {
    const slug = /^attack\.([a-z][a-z_-]*[a-z])$/i.exec(tag)?.[1];
    return slug ? [slug.toLowerCase().replaceAll('_', '-')] : [];
  });
  return [...new Set(slugs)].map(tacticName);
}

/** A tactic that is not known is named by its own words. */
function tacticName(slug: string): string {
  return (
    tacticNames[slug] ??
    slug.replace(/(^|-)([a-z])/g, (_, dash, letter) => (dash ? ' ' : '') + letter.toUpperCase())
  );
}
