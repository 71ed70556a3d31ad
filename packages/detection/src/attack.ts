import names from '../attack-names.json' with { type: 'json' };

export interface AttackTechnique {
  /** E.g. `T1059.001`. */
  readonly id: string;
  /** Null when it is not in our table. */
  readonly name: string | null;
  readonly url: string;
  /** Names of the tactics it serves. */
  readonly tactics: readonly string[];
}

const tactics: Readonly<Record<string, string>> = names.tactics;
const techniques: Readonly<Record<string, { name: string; tactics: readonly string[] }>> = names.techniques;
const subTechniques: Readonly<Record<string, string>> = names.subTechniques;

/** The MITRE ATT&CK techniques among a rule's tags, such as `attack.t1059.001`, each once. */
export function techniquesOf(tags: readonly string[]): AttackTechnique[] {
  const ids = tags.flatMap((tag) => {
    const found = /^attack\.(t\d{4}(?:\.\d{3})?)$/i.exec(tag)?.[1];
    return found ? [found.toUpperCase()] : [];
  });
  return [...new Set(ids)].map((id) => {
    const [parent = id, sub] = id.split('.');
    const technique = techniques[parent];
    return {
      id,
      name: (sub ? subTechniques[id] : technique?.name) ?? null,
      url: `https://attack.mitre.org/techniques/${parent}${sub ? `/${sub}` : ''}/`,
      // A sub-technique serves the tactics of its technique.
      tactics: (technique?.tactics ?? []).map(tacticName),
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
    tactics[slug] ??
    slug
      .split('-')
      .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
      .join(' ')
  );
}
