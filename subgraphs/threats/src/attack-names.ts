/** Tactics of MITRE ATT&CK by the name that tags use. */
export const tacticNames: Readonly<Record<string, string>> = {
  'command-and-control': 'Command and Control',
};

/** Techniques of MITRE ATT&CK by id. */
export const techniqueNames: Readonly<Record<string, { name: string; tactics: readonly string[] }>> = {};
