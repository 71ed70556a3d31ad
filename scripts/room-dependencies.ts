/** Which workspaces may depend on which. Imports that package.json does not declare fail the linter, so checking the declarations is enough. */
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';

interface Manifest {
  readonly name: string;
  readonly dependencies?: Record<string, string>;
  readonly devDependencies?: Record<string, string>;
}

/** Rooms that must stay usable alone; each may use only what is named here of Parapet's own packages. */
const allowed: Record<string, readonly string[]> = {
  '@parapet/event-model': [],
  '@parapet/sigma': [],
  '@parapet/service': [],
  '@parapet/detection': ['@parapet/event-model', '@parapet/sigma'],
  '@parapet/enrichment': ['@parapet/event-model'],
  '@parapet/lake': ['@parapet/event-model'],
  '@parapet/kafka': ['@parapet/event-model'],
  '@parapet/embedded-kafka': ['@parapet/service'],
  '@parapet/database': [],
  '@parapet/subgraph': ['@parapet/service'],
};

/** Libraries that one room alone may know, so that replacing one is a change of that room. */
const keepers: Record<string, readonly string[]> = {
  kafkajs: ['@parapet/kafka'],
  '@prisma/client': ['@parapet/database'],
  '@prisma/adapter-pg': ['@parapet/database'],
  '@duckdb/node-api': ['@parapet/lake'],
  '@apollo/server': ['@parapet/subgraph'],
  '@apollo/gateway': ['@parapet/gateway'],
};

/** Every dependency that breaks the rules, as a sentence. Development dependencies (tests) are free. */
export function roomProblems(root: string): string[] {
  const problems: string[] = [];
  for (const file of globSync('{apps,subgraphs,packages}/*/package.json', { cwd: root })) {
    const { name, dependencies = {} } = JSON.parse(readFileSync(path.join(root, file), 'utf8')) as Manifest;
    for (const dependency of Object.keys(dependencies)) {
      if (dependency.startsWith('@parapet/') && !mayUse(name, dependency))
        problems.push(`${file}: ${name} may not use ${dependency} (see docs/ARCHITECTURE.md, "Rooms").`);
      const keeper = keepers[dependency];
      if (keeper !== undefined && !keeper.includes(name))
        problems.push(`${file}: only ${keeper.join(', ')} may use ${dependency}.`);
    }
  }
  return problems;
}

function mayUse(name: string, dependency: string): boolean {
  const list = allowed[name];
  // Apps and subgraphs may use every package, never each other.
  return list === undefined ? dependency in allowed : list.includes(dependency);
}
